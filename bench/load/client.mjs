// One task of a load gate in a process of its own: node --expose-gc client.mjs <task> <client> <origin>
import { answerAll } from '../lib/worker.mjs'

const [task, id, origin] = process.argv.slice(2)
const { default: run } = await import(`./tasks/${task}.mjs`)

const unhandled = []
process.on('unhandledRejection', error => unhandled.push(String(error)))
const warnings = []
process.on('warning', warning => warnings.push(`${warning.name}: ${warning.message}`))

answerAll({}, async params => ({ ...(await run({ id, origin, ...params })), unhandled, warnings }))
