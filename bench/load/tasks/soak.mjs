import { setTimeout as wait } from 'node:timers/promises'
import * as llmfetch from '../../../dist/index.js'
import { slope } from '../../lib/stats.mjs'
import { seedOf } from '../content.mjs'
import { liveHeap } from '../memory.mjs'

const WORKERS = 50
const FAULTY = 0.2
/** Any call must be over by then: the longest limit is 3 s, and a busy machine may be late. */
const DEADLINE = 10_000
const request = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }
const limits = { headers: 3000, firstEvent: 3000, idle: 3000 }

/** The outcome that a caller must see, by fault. */
const faults = {
  closeBeforeHeaders: 'ConnectionError',
  stallBeforeHeaders: 'TimeoutError',
  stall: 'TimeoutError',
  cut: 'IncompleteStreamError',
  reset: 'IncompleteStreamError',
  unfinished: 'IncompleteStreamError',
  errorInside: 'ServerError',
  brokenJson: 'ProtocolError',
  html: 'ProtocolError',
  'status/500': 'ServerError',
  'status/429': 'RateLimitError',
  'status/401': 'AuthenticationError',
}

/** The same sequence in every run. */
function random(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function streamerOf(worker, baseUrl) {
  if (worker % 2) {
    const client = new llmfetch.LLMClient({ baseUrl, retry: false, circuitBreaker: false, timeout: limits })
    return () => client.chat.completions.stream(request)
  }
  const client = llmfetch.createClient({ baseUrl, policies: [llmfetch.timeout(limits)] })
  return () => llmfetch.streamChatCompletion(client, request)
}

async function outcomeOf(stream) {
  try {
    let text = ''
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    return seedOf(text, 20) === undefined ? 'wrong text' : 'complete'
  } catch (error) {
    return error.name
  }
}

/** Workers that stream without a pause for so many seconds, a fifth of them against a fault. */
export default async function soak({ origin, seconds }) {
  const mismatches = new Map()
  let hangs = 0
  let streams = 0

  async function work(worker, end, next) {
    const names = Object.keys(faults)
    const streamers = Object.fromEntries(
      ['paced/20/5', ...names].map(path => [path, streamerOf(worker, `${origin}/${path}/v1`)]),
    )
    while (performance.now() < end) {
      const fault = next() < FAULTY ? names[Math.floor(next() * names.length)] : undefined
      const timer = new AbortController()
      const outcome = await Promise.race([
        outcomeOf(streamers[fault ?? 'paced/20/5']()),
        wait(DEADLINE, 'hang', { signal: timer.signal }),
      ])
      timer.abort()
      streams++
      if (outcome === 'hang') hangs++
      const expected = fault ? faults[fault] : 'complete'
      if (outcome === expected) continue
      const mismatch = `${fault ?? 'nothing wrong'}: ${outcome}`
      mismatches.set(mismatch, (mismatches.get(mismatch) ?? 0) + 1)
    }
  }

  const randoms = Array.from({ length: WORKERS }, (_, worker) => random(worker + 1))
  /** Runs all workers for a while, and returns the heap that is left when they are done. */
  async function phase(share) {
    const end = performance.now() + seconds * 1000 * share
    await Promise.all(randoms.map((next, worker) => work(worker, end, next)))
    await wait(500)
    return liveHeap()
  }

  const samples = []
  const start = performance.now()
  const sampling = setInterval(() => {
    samples.push([(performance.now() - start) / 60_000, process.memoryUsage().rss / 2 ** 20])
  }, 1000)
  // The first third is for what is made once.
  const before = await phase(1 / 3)
  const early = streams
  const growth = ((await phase(2 / 3)) - before) / (streams - early)
  clearInterval(sampling)
  const late = samples.filter(([minute]) => minute > Math.min(5, seconds / 180))
  return { streams, hangs, mismatches: [...mismatches], growth, rssSlope: slope(late) }
}
