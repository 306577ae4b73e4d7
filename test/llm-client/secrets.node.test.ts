import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  cache,
  type FetchInit,
  fallback,
  LLMClient,
  type LLMClientConfig,
  type LogLevel,
  log,
  metrics,
  type Policy,
} from '../../src/index.ts'
import { interceptors } from '../../src/interceptors/index.ts'
import { createFakeFetch, type FakeRequest, type Fault } from '../../src/testing/index.ts'
import { type FaultServer, faultNames, startFaultServer } from '../support/fault-server.ts'

// Each looks like an identifier, so that no rule for such leaves one out by luck.
const KEY = 'sk-marker-Zq8vT3nW5xY7aB9c'
const OTHER_KEY = 'marker-header-Jw4tR8kL2mN6'
const PROMPT = 'promptMarkerHq7bD3xF9'
const ANSWER = 'answerMarkerVk2pS5zC8'

/** Everything that came out of a call by another way than its result. */
interface Traces {
  /** Lines and fields of logs, reports, snapshots: nothing may be in them. */
  readonly observed: unknown[]
  /** What was thrown, and what hooks were told of it: no key, and no prompt or answer that the service did not put into an error. */
  readonly errors: unknown[]
  /** Contexts of interceptors, with the request and the answer in them: no key. */
  readonly contexts: unknown[]
  /** What the cache gave its store: names in which nothing may be, and answers, with no key or prompt. */
  readonly stored: Map<string, string>
}

function noTraces(): Traces {
  return { observed: [], errors: [], contexts: [], stored: new Map() }
}

/** All that a log could hold of a value. */
function printed(value: unknown, showHidden = false): string {
  const seen = new WeakSet()
  const json = JSON.stringify(value, (_, part) => {
    if (typeof part !== 'object' || part === null) return part
    if (seen.has(part)) return '[seen]'
    seen.add(part)
    return part instanceof Headers ? [...part] : part
  })
  const deep = inspect(value, {
    depth: 12,
    showHidden,
    getters: true,
    maxStringLength: null,
    maxArrayLength: null,
  })
  const causes: string[] = []
  for (let error = value; error instanceof Error; error = error.cause) causes.push(`${error}\n${error.stack}`)
  return [deep, json, ...causes].join('\n')
}

function everythingOn(traces: Traces, config: LLMClientConfig): LLMClient {
  const { observed, errors, contexts, stored } = traces
  const line = (...given: unknown[]) => void observed.push(...given)
  const logger = { debug: line, info: line, warn: line, error: line }
  const told = (value: unknown) => void errors.push(value)
  const hook = (context: object) => void contexts.push(context)
  /** What any policy is given of a call. */
  const spy: Policy = next => (url, init) => {
    const { body, ...rest }: FetchInit = init
    const headers = new Headers(init.headers)
    // A policy decorates the request with the headers that the caller set; only the client's key is not in it.
    headers.delete('x-api-key')
    contexts.push({ url, ...rest, headers })
    return next(url, init)
  }
  const levels: LogLevel[] = ['info', 'warn', 'error', 'silent']
  return new LLMClient({
    apiKey: KEY,
    headers: { 'x-api-key': OTHER_KEY },
    log: log({ logger, level: 'debug' }),
    metrics: metrics({ sink: report => void observed.push(report) }),
    policies: [...levels.map(level => log({ logger, level })), spy],
    timeout: { headers: 40, firstEvent: 40, idle: 40, total: 300 },
    retry: { maxRetries: 1, initialDelay: 0, onRetry: told },
    circuitBreaker: { failureThreshold: 2, onStateChange: told },
    fallback: fallback({
      to: [{ baseUrl: 'http://localhost:9/v1', apiKey: OTHER_KEY, model: 'other' }],
      onFallback: told,
    }),
    cache: cache({
      store: {
        getItem: key => stored.get(key),
        setItem: (key, value) => stored.set(key, value),
        removeItem: key => stored.delete(key),
      },
      onError: told,
    }),
    interceptors: interceptors({
      onRequest: hook,
      onRequestError: hook,
      onResponse: hook,
      onResponseError: hook,
    }),
    ...config,
  })
}

const messages = [{ role: 'user' as const, content: PROMPT }]

/** Every endpoint, in each way that it has. */
async function callAll(llm: LLMClient, { errors, observed }: Traces, some = false): Promise<number> {
  const request = { model: 'fake-small', messages, streamOptions: { includeUsage: true } }
  const { completions } = llm.chat
  const calls = [
    () => completions.create({ model: 'fake-small', messages }),
    () => completions.create({ model: 'fake-small', messages }, { signal: AbortSignal.timeout(20) }),
    () => completions.stream(request).collect(),
    () => completions.stream(request).completion(),
    async () => {
      for await (const _ of completions.stream(request));
    },
    async () => {
      for await (const _ of completions.stream(request)) break
    },
    () => llm.embeddings.create({ model: 'fake-embed', input: [PROMPT] }),
    () => llm.models.list(),
    () => llm.models.get('fake-small'),
    () => completions.create({ model: 'fake-small', messages, temperature: PROMPT as unknown as number }),
  ]
  let failed = 0
  // A server that breaks HTTP asks no more of the others.
  for (const call of some ? calls.slice(0, 5) : calls)
    await call().catch((error: unknown) => {
      failed++
      errors.push(error)
    })
  observed.push(llm.metrics())
  return failed
}

/** What no trace may hold. */
function scan(
  { observed, errors, contexts, stored }: Traces,
  { echoes = false, answers = [ANSWER] } = {},
): void {
  expect(observed.length).toBeGreaterThan(10)
  for (const value of observed)
    for (const secret of [KEY, OTHER_KEY, PROMPT, ...answers])
      expect(printed(value, true)).not.toContain(secret)
  for (const value of errors) {
    for (const secret of [KEY, OTHER_KEY]) expect(printed(value, true)).not.toContain(secret)
    if (!echoes) for (const secret of [PROMPT, ...answers]) expect(printed(value)).not.toContain(secret)
  }
  for (const value of contexts)
    for (const secret of [KEY, OTHER_KEY]) expect(printed(value, true)).not.toContain(secret)
  for (const [name, value] of stored) {
    expect(name).toMatch(/^llmfetch:[0-9a-f]{64}$/)
    for (const secret of [KEY, OTHER_KEY, PROMPT]) expect(value).not.toContain(secret)
  }
}

/** A service that repeats all that it was sent, wherever an error has room. */
function echo({ headers, body }: FakeRequest): Fault['body'] {
  const said = `You sent ${JSON.stringify([headers, body])}`
  const { authorization = '' } = headers
  return { error: { message: said, code: PROMPT, type: authorization, param: said }, detail: said }
}

const faults: readonly [title: string, fault: Fault, echoes?: boolean][] = [
  ['none', {}],
  ...[400, 401, 403, 404, 408, 409, 413, 418, 422, 429, 500, 502, 503, 529].map(
    status => [`${status}`, { status }] as [string, Fault],
  ),
  ...[204, 206, 301, 307].map(
    status =>
      [`${status}`, { status, headers: { location: `https://a.test/${PROMPT}?${KEY}` } }] as [string, Fault],
  ),
  ['HTML', { garbage: 'html' }],
  ['no JSON', { garbage: true }],
  ['no JSON, with the answer', { garbage: `{"choices":[{"delta":{"content":"${ANSWER}` }],
  ['an event of another shape', { garbage: `{"choices":"${ANSWER}"}` }],
  ['an impossible index', { garbage: `{"choices":[{"index":"${ANSWER}","delta":{"content":"${ANSWER}"}}]}` }],
  ['an empty body', { body: '' }],
  ['a body of another shape', { body: { choices: ANSWER, data: ANSWER } }],
  ['a text', { body: ANSWER }],
  ['a lost connection', { reset: 'headers' }],
  ...[0, 1, 2, 9].flatMap(
    count =>
      [
        [`a connection lost after ${count}`, { reset: count }],
        [`a cut after ${count}`, { cut: count }],
      ] as [string, Fault][],
  ),
  ['silence', { stall: 'headers' }],
  ['silence after the headers', { stall: 'first' }],
  ['silence in the stream', { stall: 9 }],
  ['an end that lingers', { lingering: true }],
  ['two ends', { duplicateDone: true }],
  ['an echo', { status: 400, body: echo, headers: { 'x-request-id': `${PROMPT} ${KEY}` } }, true],
  ['an echo with 401', { status: 401, body: echo }, true],
  ['an echo with 500', { status: 500, body: echo }, true],
  ['an echo with 200', { status: 200, body: echo }, true],
]

describe('nothing that is logged, thrown, measured or told shows a key, a prompt or an answer', () => {
  it.each(faults)('%s', async (title, fault, echoes = false) => {
    const traces = noTraces()
    const faults = (request: FakeRequest) => (fault.body === echo ? { ...fault, body: echo(request) } : fault)
    const fetch = createFakeFetch({
      reply: () => `${ANSWER} one two three four five six seven eight nine ten`,
      faults,
    })
    const llm = everythingOn(traces, { baseUrl: 'https://api.test/v1', fetch })
    const failed = await callAll(llm, traces)
    if (!['none', 'two ends'].includes(title)) expect(failed).toBeGreaterThan(1)
    expect(llm.metrics().calls.inFlight).toBe(0)
    if (title === 'none') expect([...traces.stored.values()].join()).toContain(ANSWER)
    scan(traces, { echoes })
  })

  describe('with HTTP itself broken', () => {
    let server: FaultServer
    beforeAll(async () => {
      server = await startFaultServer()
    })
    afterAll(() => server.close())

    // It takes two seconds to be told of, each time.
    it.each(faultNames.filter(name => name !== 'endlessError'))('%s', async fault => {
      const traces = noTraces()
      const llm = everythingOn(traces, {
        baseUrl: server.at(fault),
        fallback: undefined,
        circuitBreaker: false,
      })
      await callAll(llm, traces, true)
      llm.close()
      scan(traces, { answers: ['Hello'] })
    })
  })

  it('finds what is there', () => {
    const error = Object.assign(new Error('a', { cause: new Error(PROMPT) }), {
      hidden: { deep: new Headers({ a: KEY }) },
    })
    expect(printed(error)).toContain(PROMPT)
    expect(printed(error)).toContain(KEY)
    const traces: Traces = { ...noTraces(), observed: Array(11).fill({}), errors: [error] }
    expect(() => scan(traces)).toThrow()
    expect(() => scan({ ...traces, errors: [], observed: [...traces.observed, { a: [ANSWER] }] })).toThrow()
  })
})
