import { getEventListeners } from 'node:events'
import * as llmfetch from '../../../dist/index.js'
import { liveHeap } from '../memory.mjs'

const request = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }
const wait = ms => new Promise(resolve => setTimeout(resolve, ms))

/** The streaming function of each kind of client. `idle` is short only in the calls that are to run into it. */
const streamers = {
  llmfetch(baseUrl, idle = 30_000) {
    const policies = [llmfetch.retry({ initialDelay: 1 }), llmfetch.timeout({ headers: 30_000, idle })]
    const client = llmfetch.createClient({ baseUrl, policies })
    return options => llmfetch.streamChatCompletion(client, request, options)
  },
  'llm-client'(baseUrl, idle = 30_000) {
    const client = new llmfetch.LLMClient({
      baseUrl,
      maxConcurrentRequests: 1000,
      circuitBreaker: false,
      retry: { initialDelay: 1 },
      timeout: { headers: 30_000, idle },
    })
    return options => client.chat.completions.stream(request, options)
  },
}

async function read(stream, leaveAfter = Number.POSITIVE_INFINITY) {
  let count = 0
  for await (const _ of stream) if (++count === leaveAfter) return 'left'
  return 'complete'
}

const outcome = promise => promise.catch(error => error.name)

/** Makes waves of calls of every kind, and returns the outcomes that were wrong and all that the calls left behind. */
export default async function waves({ id, origin, count }) {
  const at = (path, idle) => streamers[id](`${origin}/${path}/v1`, idle)
  // Made once, as a program does: what a client holds is not what a stream leaves behind.
  const [whole, slow, stalled] = [at('paced/20/2'), at('paced/200/10'), at('stall', 150)]
  const [failing, flaky, cut] = [at('status/500'), at('flaky/5'), at('cut')]
  const { signal } = new AbortController()
  let calls = 0

  async function abortSoon() {
    const controller = new AbortController()
    const reading = read(slow({ signal: controller.signal }))
    await wait(20)
    controller.abort()
    return reading
  }

  const kinds = [
    [40, 'complete', () => read(whole({ signal }))],
    [20, 'IncompleteStreamError', () => read(cut({ signal }))],
    [40, 'left', () => read(slow({ signal }), 5)],
    [40, 'AbortError', abortSoon],
    [20, 'TimeoutError', () => read(stalled({ signal }))],
    [20, 'ServerError', () => read(failing({ signal, maxRetries: 0 }))],
    [20, 'complete', () => read(flaky({ signal, query: { call: ++calls } }))],
  ]
  const wave = async () => {
    const work = kinds.flatMap(([times, expected, start]) =>
      Array.from({ length: times }, async () => [expected, await outcome(start())]),
    )
    const wrong = (await Promise.all(work)).filter(([expected, actual]) => expected !== actual)
    return wrong.map(pair => pair.join(' became '))
  }

  const baseline = process.getActiveResourcesInfo().length
  const wrong = []
  let afterFive
  let listeners = 0
  for (let number = 1; number <= count; number++) {
    wrong.push(...(await wave()))
    listeners = Math.max(listeners, getEventListeners(signal, 'abort').length)
    if (number === 5) {
      await wait(200)
      afterFive = await liveHeap()
    }
  }
  await wait(200)
  const growth = ((await liveHeap()) - afterFive) / ((count - 5) * 200)
  // The platform keeps idle connections for a few seconds.
  const start = performance.now()
  while (process.getActiveResourcesInfo().length > baseline && performance.now() - start < 15_000)
    await wait(50)
  return { wrong, growth, listeners, handles: process.getActiveResourcesInfo().length - baseline }
}
