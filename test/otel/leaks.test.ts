import { describe, expect, it } from 'vitest'
import {
  type CallReport,
  collectText,
  createChatCompletion,
  createClient,
  createEmbedding,
  endpoint,
  type Fetch,
  metrics,
  prometheus,
  retry,
  streamChatCompletion,
} from '../../src/index.ts'
import { otel, toolSpans } from '../../src/otel/index.ts'
import { BASE, failureOf, json } from '../client/harness.ts'
import { expectConventional, recording } from './recording.ts'

/** Each stands in one place that telemetry must not repeat. */
const MARKS = {
  key: 'sk-mark-KEY-1f3a9c7e5b',
  header: 'mark-HEADER-77aa31',
  query: 'mark-QUERY-88bb42',
  prompt: 'mark-PROMPT-wombat',
  system: 'mark-SYSTEM-quokka',
  user: 'mark-USER-person',
  stop: 'mark-STOP-word',
  schema: 'mark-SCHEMA-field',
  metadata: 'mark-METADATA-note',
  answer: 'mark-ANSWER-numbat',
  thought: 'mark-THOUGHT-bilby',
  argument: 'mark-ARGUMENT-42',
  result: 'mark-RESULT-dingo',
}

const request = {
  model: 'fake-small',
  messages: [
    { role: 'system' as const, content: MARKS.system },
    { role: 'user' as const, content: MARKS.prompt },
    { role: 'tool' as const, toolCallId: 'call_1', content: MARKS.result },
  ],
  user: MARKS.user,
  stop: [MARKS.stop],
  metadata: { note: MARKS.metadata },
  tools: [
    {
      type: 'function' as const,
      function: {
        name: 'look',
        description: MARKS.schema,
        parameters: { type: 'object', properties: { [MARKS.schema]: {} } },
      },
    },
  ],
}

const message = {
  role: 'assistant',
  content: MARKS.answer,
  reasoning_content: MARKS.thought,
  tool_calls: [
    { id: 'call_1', type: 'function', function: { name: 'look', arguments: `{"a":"${MARKS.argument}"}` } },
  ],
}

/** What a service may repeat wherever it has room for a text. */
const echo = `You said: ${MARKS.prompt} with ${MARKS.key} and ${MARKS.header}`

const completion = {
  id: echo,
  model: echo,
  choices: [{ index: 0, message, finish_reason: echo }],
  usage: { prompt_tokens: 1, note: echo, [echo]: 1 },
}

const chunks = [
  { id: echo, model: echo, choices: [{ index: 0, delta: message }] },
  { choices: [{ index: 0, delta: {}, finish_reason: echo }], usage: { completion_tokens: 1, note: echo } },
]

const streamed = (events: readonly object[]) =>
  new Response(events.map(event => `data: ${JSON.stringify(event)}\n\n`).join(''), {
    headers: { 'x-request-id': echo },
  })

/** Calls that end in every way. */
const answers: { readonly [name: string]: Fetch } = {
  'a whole answer': async () => json(completion, { headers: { 'x-request-id': MARKS.key } }),
  'a stream': async () => streamed([...chunks]),
  'a stream that is cut': async () => streamed(chunks.slice(0, 1)),
  'a stream that fails': async () =>
    streamed([chunks[0]!, { error: { message: echo, code: echo, type: echo } }]),
  'a bad request': async () =>
    json({ error: { message: echo, code: echo, type: echo, param: echo } }, { status: 400 }),
  'a failure of the service': async () =>
    json({ error: { message: echo } }, { status: 503, headers: { 'x-request-id': echo } }),
  'a page of a proxy': async () => new Response(`<html>${echo}`, { status: 502 }),
  'no connection': () => Promise.reject(new TypeError(echo)),
}

function expectClean(texts: unknown): void {
  const text = typeof texts === 'string' ? texts : JSON.stringify(texts)
  for (const [place, mark] of Object.entries(MARKS))
    expect(text.includes(mark), `${place} is told`).toBe(false)
}

describe('by default nothing of a call is told', () => {
  it.each(Object.entries(answers))('%s', async (name, fetch) => {
    const kept = recording()
    const reports: CallReport[] = []
    const measured = metrics({ usage: true, sink: report => reports.push(report) })
    const client = createClient({
      baseUrl: BASE,
      apiKey: () => MARKS.key,
      policies: [
        measured,
        otel({ ...kept, usage: true, propagate: [new URL(BASE).origin] }),
        retry({ maxRetries: 1, initialDelay: 0 }),
        otel(kept),
      ],
      fetch,
    })
    const options = { headers: { 'x-note': MARKS.header }, query: { note: MARKS.query } }
    const settle = (call: PromiseLike<unknown>) => Promise.resolve(call).catch(() => {})
    if (name.includes('stream')) await settle(collectText(streamChatCompletion(client, request, options)))
    else {
      await settle(createChatCompletion(client, request, options))
      await settle(createEmbedding(client, { model: 'fake-embed', input: MARKS.prompt }, options))
      const own = endpoint<object, object>('own', 'POST /responses')
      await settle(own(client, { model: 'm', input: MARKS.prompt, instructions: MARKS.system }, options))
    }
    expect(kept.spans.length).toBeGreaterThan(1)
    expect(kept.measures.length).toBeGreaterThan(0)
    expectConventional(kept)
    expectClean(kept)
    expectClean(reports)
    expectClean(prometheus(measured.snapshot()))
  })

  it('of a tool', async () => {
    const kept = recording()
    const around = toolSpans(kept)
    const call = { id: 'call_1', function: { name: 'look', arguments: `{"a":"${MARKS.argument}"}` } }
    await around(call, async () => MARKS.result)
    await failureOf(around(call, () => Promise.reject(new Error(MARKS.result))))
    expectClean(kept)
  })

  it("around another client's fetch", async () => {
    const kept = recording()
    const fetch = otel(kept)(async () => new Response(echo, { status: 500 }))
    const headers = { authorization: `Bearer ${MARKS.key}`, 'x-note': MARKS.header }
    await (
      await fetch(`${BASE}/chat/completions?note=${MARKS.query}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(request),
      })
    ).text()
    expect(kept.spans).toHaveLength(1)
    expectClean(kept)
  })
})

it('finds a mark where it is told', () => {
  expect(() => expectClean([{ attributes: { a: echo } }])).toThrow(/told/)
})
