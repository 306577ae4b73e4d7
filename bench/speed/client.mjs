// One client in a process of its own, with its own heap and its own compiled code: node client.mjs <client> <origin>
import { loadClient } from '../clients/index.mjs'
import { cpuTime } from '../lib/stats.mjs'
import { answerAll } from '../lib/worker.mjs'

const [id, origin] = process.argv.slice(2)
const client = await loadClient(id)

const sessions = {}
for (const work of ['event', '16k', 'tools', 'json'])
  sessions[work] = await client.connect({ baseUrl: `${origin}/${work}/v1` })

const run = {
  event: async () => (await sessions.event.stream()).text,
  '16k': async () => (await sessions['16k'].stream()).text,
  tools: async () => JSON.stringify(await sessions.tools.tools()),
  json: () => sessions.json.call(),
}

answerAll({}, async ({ work, times }) => {
  const start = process.cpuUsage()
  let result
  for (let i = 0; i < times; i++) result = await run[work]()
  return { ms: cpuTime(start), result }
})
