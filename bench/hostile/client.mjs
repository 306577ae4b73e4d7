// One client before the hostile server, in a process of its own: node client.mjs <client> <origin>
import { loadClient } from '../clients/index.mjs'
import { answerAll } from '../lib/worker.mjs'

/** The time limits of clients that have some, in ms. */
const TIMEOUT = 1000
const [id, origin] = process.argv.slice(2)
const client = await loadClient(id)

const unhandled = []
process.on('unhandledRejection', error => unhandled.push(nameOf(error)))

/** The name of an error, or of its class where that says more. */
function nameOf(error) {
  if (!error?.name) return typeof error
  return error.name === 'Error' ? error.constructor.name : error.name
}

/** Nothing of a message is left out but the port, which is another one each time. */
const messageOf = error => String(error?.message ?? error).replaceAll(origin, 'http://localhost')

const wait = ms => new Promise(resolve => setTimeout(resolve, ms))

/** The things that a caller does with a stream besides reading it. */
const readers = {
  read: () => ({}),
  leave: seen => ({
    onText() {
      if (seen.pieces < 3) return true
      seen.leftAt = Date.now()
      return false
    },
  }),
  abort(seen) {
    const controller = new AbortController()
    return {
      signal: controller.signal,
      onText() {
        if (seen.pieces !== 3) return
        seen.leftAt = Date.now()
        controller.abort()
      },
    }
  },
  slow: () => ({ onText: () => wait(100) }),
}

async function observe({ fault, reader, limit }) {
  const session = await client.connect({ baseUrl: `${origin}/${fault}/v1`, timeout: TIMEOUT })
  const seen = { pieces: 0 }
  const work = async () => {
    if (reader === 'tools') return { calls: await session.tools() }
    const { onText, signal } = readers[reader](seen)
    const count = text => {
      seen.pieces += text.split(' ').length - 1
      return onText?.(text)
    }
    const { finish } = await session.stream({ signal, onText: count })
    return { finish }
  }
  const outcome = await Promise.race([
    work().then(
      result => ({ kind: 'ended', ...result }),
      error => ({ kind: 'threw', name: nameOf(error), message: messageOf(error) }),
    ),
    wait(limit).then(() => ({ kind: 'waiting' })),
  ])
  // Whatever it left behind has a moment to show.
  await wait(50)
  return { ...outcome, ...seen, unhandled }
}

answerAll({}, observe)
