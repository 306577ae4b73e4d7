import { expect, it } from 'vitest'
import {
  askUsage,
  type ClientConfig,
  cache,
  chat,
  circuitBreaker,
  concurrencyLimit,
  createClient,
  type EventStream,
  type Fetch,
  fallback,
  LLMClient,
  log,
  metrics,
  type Policy,
  retry,
  streamChatCompletion,
  timeout,
} from '../../src/index.ts'
import { streamCompletion } from '../../src/openai/index.ts'
import { otel, type SpanLike } from '../../src/otel/index.ts'
import { streamResponse } from '../../src/responses/index.ts'
import { collectGarbage } from '../support/collect-garbage.ts'

const SIZE = 400_000
const STREAMS = 8

const span: SpanLike = {
  setAttributes: () => undefined,
  setStatus: () => undefined,
  spanContext: () => ({ traceId: '1', spanId: '1', traceFlags: 1 }),
  end: () => undefined,
}

/** Gives streams of one event that stay open, and holds them as a network would. */
function createOpenFetch(event: object): { fetch: Fetch; held: unknown[] } {
  const held: unknown[] = []
  const data = new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`)
  const fetch: Fetch = async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(data)
        held.push(controller)
      },
      pull: () => new Promise(resolve => held.push(resolve)),
    })
    return new Response(body)
  }
  return { fetch, held }
}

const chunk = { id: 'c', choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }] }
const created = { type: 'response.created', sequence_number: 0, response: { id: 'r', output: [] } }

const prompt = () => `${Math.random()}`.padEnd(SIZE, 'x')
const request = () => ({ model: 'm', messages: [{ role: 'user' as const, content: prompt() }] })

type Open = (config: ClientConfig) => EventStream<unknown>

const plain: Open = config => streamChatCompletion(createClient(config), request())
const through =
  (policy: Policy): Open =>
  config =>
    plain({ ...config, policies: [policy] })

// A prompt may have megabytes of images, and a stream be open for minutes: a server would hold them for each of its visitors.
it.each<[string, Open, event?: object]>([
  ['a client', plain],
  ['askUsage', through(askUsage())],
  ['cache', through(cache())],
  ['circuitBreaker', through(circuitBreaker())],
  ['concurrencyLimit', through(concurrencyLimit({ limit: 100 }))],
  ['fallback', through(fallback({ to: [{ baseUrl: 'https://other.test/v1' }] }))],
  ['log', through(log())],
  ['metrics with a sink', through(metrics({ sink: () => {} }))],
  ['otel', through(otel({ tracer: { startSpan: () => span } }))],
  ['retry', through(retry())],
  ['timeout', through(timeout({ headers: 60_000, idle: 60_000, total: 600_000 }))],
  ['LLMClient', ({ fetch, baseUrl }) => new LLMClient({ fetch, baseUrl }).chat.completions.stream(request())],
  ['the builder', config => chat(createClient(config)).model('m').user(prompt()).stream()],
  [
    'a text completion',
    config => streamCompletion(createClient(config), { model: 'm', prompt: prompt() }),
    { id: 'c', choices: [{ index: 0, text: 'a', finish_reason: null }] },
  ],
  ['a Response', config => streamResponse(createClient(config), { model: 'm', input: prompt() }), created],
])('an open stream of %s holds nothing of the prompt', async (_, open, event = chunk) => {
  const { fetch, held } = createOpenFetch(event)
  const reading: unknown[] = []
  async function read(): Promise<void> {
    const iterator = open({ baseUrl: 'https://api.test/v1', fetch })[Symbol.asyncIterator]()
    await iterator.next()
    reading.push(iterator.next())
  }
  await read()
  await collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < STREAMS; i++) await read()
  await collectGarbage()
  expect((process.memoryUsage().heapUsed - before) / STREAMS).toBeLessThan(SIZE / 2)
  expect([held.length, reading.length]).toEqual([2 * (STREAMS + 1), STREAMS + 1])
})
