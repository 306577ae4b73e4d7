import { describe, expect, it, vi } from 'vitest'
import {
  ConfigurationError,
  collectText,
  createChatCompletion,
  createEmbedding,
  type Fetch,
  finalCompletion,
  type LogLevel,
  type LogOptions,
  listModels,
  log,
  type Policy,
  retry,
  streamChatCompletion,
  timeout,
} from '../../src/index.ts'
import { createFakeFetch, type FakeModelOptions } from '../../src/testing/index.ts'
import { BASE, chatRequest, clientOf, completion, failureOf, json } from '../client/harness.ts'
import { policyContract } from './contract.ts'

/** A logger that keeps what it is given. */
function recorder() {
  const entries: { level: string; line: string; fields: Record<string, unknown> }[] = []
  const at = (level: string) => (line: string, fields?: object) => {
    entries.push({ level, line, fields: fields as Record<string, unknown> })
  }
  return { entries, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}

policyContract('log', () => log({ logger: recorder().logger }))
policyContract('log of everything', () => log({ logger: recorder().logger, level: 'debug', content: true }))

/** A client whose calls are logged, and the log. */
function logged(
  options: LogOptions = {},
  model: FakeModelOptions | Fetch = {},
  inner: readonly Policy[] = [],
) {
  const { entries, logger } = recorder()
  const fetch = typeof model === 'function' ? model : createFakeFetch(model)
  const client = clientOf(fetch, { policies: [log({ logger, ...options }), ...inner] })
  return { client, entries }
}

const quick = retry({ maxRetries: 2, initialDelay: 0 })

describe('log', () => {
  it('writes one line a call, with what there is to know', async () => {
    const { client, entries } = logged()
    const { data, requestId } = await createChatCompletion(client, chatRequest).withResponse()
    expect(entries).toHaveLength(1)
    const [{ level, line, fields }] = entries as [(typeof entries)[0]]
    expect(level).toBe('info')
    expect(fields).toEqual({
      operation: 'createChatCompletion',
      model: 'fake-small',
      outcome: 'complete',
      status: 200,
      attempts: 1,
      ms: expect.any(Number),
      promptTokens: data.usage!.promptTokens,
      completionTokens: data.usage!.completionTokens,
      requestId,
    })
    expect(line).toBe(
      `llmfetch operation=createChatCompletion model=fake-small outcome=complete status=200 attempts=1 ms=${fields.ms} promptTokens=${fields.promptTokens} completionTokens=${fields.completionTokens} requestId=${requestId}`,
    )
  })

  it('counts the tokens of an embedding, and needs no model', async () => {
    const { client, entries } = logged()
    await createEmbedding(client, { model: 'fake-embed', input: 'some words here' })
    await listModels(client)
    expect(entries.map(({ fields }) => fields)).toMatchObject([
      { operation: 'createEmbedding', model: 'fake-embed', promptTokens: expect.any(Number) },
      { operation: 'listModels', outcome: 'complete' },
    ])
    expect(entries[1]!.fields).not.toHaveProperty('model')
  })

  it('writes of a stream when it ends, with the usage that was in it', async () => {
    const { client, entries } = logged()
    const request = { ...chatRequest, streamOptions: { includeUsage: true } }
    const stream = streamChatCompletion(client, request)
    await stream.response
    expect(entries).toEqual([])
    const { usage } = await finalCompletion(stream)
    expect(entries).toHaveLength(1)
    expect(entries[0]!.fields).toMatchObject({
      operation: 'streamChatCompletion',
      outcome: 'complete',
      events: expect.any(Number),
      firstEventMs: expect.any(Number),
      promptTokens: usage!.promptTokens,
      completionTokens: usage!.completionTokens,
    })
    expect(entries[0]!.fields.events).toBeGreaterThan(2)
  })

  it.each([
    { usage: { prompt_tokens: 3, completion_tokens: 4 } },
    { x_groq: { usage: { prompt_tokens: 3, completion_tokens: 4 } } },
    { choices: [{ index: 0, delta: {}, usage: { prompt_tokens: 3, completion_tokens: 4 } }] },
  ])('finds usage where services hide it: %j', async hidden => {
    const first = { choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] }
    const body = [first, { choices: [], ...hidden }, '[DONE]']
      .map(data => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
      .join('')
    const { client, entries } = logged({}, async () => new Response(body))
    await collectText(streamChatCompletion(client, chatRequest))
    expect(entries[0]!.fields).toMatchObject({ promptTokens: 3, completionTokens: 4 })
  })

  it('counts a whole answer to a stream request', async () => {
    const message = { role: 'assistant', content: 'Hi' }
    const whole = {
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 4 },
    }
    const { client, entries } = logged({}, async () => json(whole))
    expect(await collectText(streamChatCompletion(client, chatRequest))).toBe('Hi')
    expect(entries[0]!.fields).toMatchObject({ outcome: 'complete', events: 1, promptTokens: 3 })
  })

  it.each([-1, Number.NaN, '5', null, {}])('leaves out a count of %s', async odd => {
    const usage = { prompt_tokens: odd, completion_tokens: 2 }
    const { client, entries } = logged({}, async () => json({ ...completion, usage }))
    await createChatCompletion(client, chatRequest)
    expect(entries[0]!.fields).not.toHaveProperty('promptTokens')
    expect(entries[0]!.fields.completionTokens).toBe(2)
  })

  it('warns of a call that needed more than one attempt', async () => {
    const { client, entries } = logged({}, { faults: [{ status: 503 }] }, [quick])
    await createChatCompletion(client, chatRequest)
    expect(entries.map(({ level, fields }) => [level, fields.attempts, fields.status])).toEqual([
      ['warn', 2, 200],
    ])
  })

  it('calls a failure an error, by its class and code', async () => {
    const { client, entries } = logged({}, { faults: () => ({ status: 429 }) }, [quick])
    const { requestId } = await failureOf(createChatCompletion(client, chatRequest))
    expect(entries).toHaveLength(1)
    expect(entries[0]!.level).toBe('error')
    expect(entries[0]!.fields).toMatchObject({
      outcome: 'failed',
      status: 429,
      attempts: 3,
      error: 'RateLimitError',
      code: 'rate_limit_exceeded',
      requestId,
    })
  })

  it('has no status where the last attempt had no answer', async () => {
    const faults = [{ status: 503 }, { reset: 'headers' as const }]
    const inner = [retry({ maxRetries: 1, initialDelay: 0 })]
    const { client, entries } = logged({}, { faults }, inner)
    await failureOf(createChatCompletion(client, chatRequest))
    expect(entries[0]!.fields).toMatchObject({ error: 'ConnectionError', attempts: 2 })
    expect(entries[0]!.fields).not.toHaveProperty('status')
  })

  it('tells a stream that failed from one that was left, and from one that was aborted', async () => {
    const { client, entries } = logged({}, { faults: [{ cut: 3 }] })
    await failureOf(collectText(streamChatCompletion(client, chatRequest)))
    for await (const _ of streamChatCompletion(client, chatRequest)) break
    const stream = streamChatCompletion(client, chatRequest)
    await stream.response
    stream.abort()
    expect(entries.map(({ level, fields }) => [level, fields.outcome, fields.error])).toEqual([
      ['error', 'failed', 'IncompleteStreamError'],
      ['info', 'cancelled', undefined],
      ['info', 'cancelled', undefined],
    ])
    expect(entries[1]!.fields.events).toBe(1)
  })

  it.each([{ total: 5 }, 5])(
    'calls an abort before the answer cancelled, and a limit around it failed: %j',
    async limits => {
      const { client, entries } = logged({}, { faults: () => ({ stall: 'headers' }) })
      const controller = new AbortController()
      const call = failureOf(createChatCompletion(client, chatRequest, controller))
      controller.abort()
      await call
      const { entries: late, logger } = recorder()
      const fetch = createFakeFetch({ faults: { stall: 'headers' } })
      const limited = clientOf(fetch, { policies: [timeout(limits), log({ logger })] })
      await failureOf(createChatCompletion(limited, chatRequest))
      const outcomes = [...entries, ...late].map(({ fields }) => [fields.outcome, fields.error])
      expect(outcomes).toEqual([
        ['cancelled', undefined],
        ['failed', 'TimeoutError'],
      ])
    },
  )

  it('tells of each attempt and status at debug', async () => {
    const { client, entries } = logged({ level: 'debug' }, { faults: [{ status: 503 }] }, [quick])
    await createChatCompletion(client, chatRequest)
    const operation = 'createChatCompletion'
    expect(entries.slice(0, 4)).toEqual(
      [
        { operation, attempt: 1 },
        { operation, status: 503 },
        { operation, attempt: 2 },
        { operation, status: 200 },
      ].map(fields => ({ level: 'debug', line: expect.stringContaining(operation), fields })),
    )
    expect(entries).toHaveLength(5)
  })

  it.each([
    ['debug', 3],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
    ['silent', 0],
  ] as const)('writes from %s on', async (level, lines) => {
    const { entries, logger } = recorder()
    const policies = [log({ logger, level }), retry({ maxRetries: 1, initialDelay: 0 })]
    const run = async (faults: FakeModelOptions['faults']) => {
      const client = clientOf(createFakeFetch({ faults }), { policies })
      await createChatCompletion(client, chatRequest).catch(() => {})
    }
    await run([])
    await run([{ status: 503 }])
    await run(() => ({ status: 503 }))
    const levels = ['debug', 'info', 'warn', 'error', 'silent'] satisfies LogLevel[]
    const allowed = levels.slice(levels.indexOf(level))
    expect(entries.every(entry => allowed.includes(entry.level as LogLevel))).toBe(true)
    expect(entries.filter(entry => entry.level !== 'debug')).toHaveLength(lines)
    expect(entries.some(entry => entry.level === 'debug')).toBe(level === 'debug')
  })

  it('refuses a level that is none', async () => {
    const bad = { level: 'loud' } as unknown as LogOptions
    expect(await failureOf(() => log(bad))).toBeInstanceOf(ConfigurationError)
  })

  it('survives a logger that throws, rejects or has no methods', async () => {
    const unhandled = vi.fn()
    globalThis.addEventListener?.('unhandledrejection', unhandled)
    const methods = (log: () => unknown) => ({ debug: log, info: log, warn: log, error: log })
    const throws = methods(() => {
      throw new Error('full disk')
    })
    const rejects = methods(async () => {
      throw new Error('full disk')
    })
    for (const logger of [throws, rejects, {} as typeof throws, null as unknown as typeof throws]) {
      const client = clientOf(createFakeFetch(), { policies: [log({ logger, level: 'debug' })] })
      await createChatCompletion(client, chatRequest)
      await collectText(streamChatCompletion(client, chatRequest))
      const cut = createFakeFetch({ faults: { cut: 1 } })
      const failing = clientOf(cut, { policies: [log({ logger })] })
      const error = await failureOf(collectText(streamChatCompletion(failing, chatRequest)))
      expect(error.name).toBe('IncompleteStreamError')
    }
    await new Promise(resolve => setTimeout(resolve, 1))
    expect(unhandled).not.toHaveBeenCalled()
    globalThis.removeEventListener?.('unhandledrejection', unhandled)
  })

  it('gives the console the line alone, and uses it by default', async () => {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {})
    try {
      const client = clientOf(createFakeFetch(), { policies: [log()] })
      await createChatCompletion(client, chatRequest)
      expect(info.mock.calls).toEqual([[expect.stringMatching(/^llmfetch operation=\S+ [^\n]+$/)]])
    } finally {
      info.mockRestore()
    }
  })

  it('keeps to one line, and each field to itself', async () => {
    const { client, entries } = logged({}, async () => json(completion))
    const model = 'm outcome=failed\nllmfetch "forged"'
    await createChatCompletion(client, { ...chatRequest, model })
    const { line, fields } = entries[0]!
    expect(line.split('\n')).toHaveLength(1)
    expect(line).toContain(`model=${JSON.stringify(model)} outcome=complete`)
    expect(fields.model).toBe(model)
  })

  it('has no line end of Unicode and no control of a terminal', async () => {
    const { client, entries } = logged({}, async () => json(completion))
    const model = 'm\u2028\u2029\x85llmfetch outcome=failed\x9b31m\x7f\x1b'
    await createChatCompletion(client, { ...chatRequest, model })
    const { line } = entries[0]!
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(line).not.toMatch(/[\0-\x1f\x7f-\x9f\u2028\u2029]/)
    expect(JSON.parse(/model=(".+") outcome/.exec(line)![1]!)).toBe(model)
  })

  it('logs an answer that has a toString of its own', async () => {
    const { client, entries } = logged({ content: true }, async () => json({ ...completion, toString: 1 }))
    await createChatCompletion(client, chatRequest)
    expect(entries[0]!.line).toMatch(/ answer=\{"id":"chatcmpl-1",.+,"toString":1\}$/)
  })

  it('leaves out a code or an id that is no identifier', async () => {
    const error = { message: 'no', code: 'you said: tell me a secret' }
    const headers = { 'x-request-id': 'you said: tell me a secret' }
    const { client, entries } = logged({}, async () => json({ error }, { status: 400, headers }))
    await failureOf(createChatCompletion(client, chatRequest))
    expect(JSON.stringify(entries)).not.toContain('secret')
    expect(entries[0]!.fields).toMatchObject({ error: 'ValidationError', status: 400 })
  })

  it('has prompt, answer and message with `content`, and only then', async () => {
    const { client, entries } = logged({ content: true }, { faults: [{}, {}, { status: 400 }] })
    const completion = await createChatCompletion(client, chatRequest)
    const text = await collectText(streamChatCompletion(client, chatRequest))
    const error = await failureOf(createChatCompletion(client, chatRequest))
    const [plain, stream, failed] = entries.map(({ fields }) => fields)
    expect(JSON.parse(plain!.request as string)).toEqual(chatRequest)
    expect(plain!.answer).toEqual(completion)
    const chunks = stream!.answer as { choices: { delta: { content?: string } }[] }[]
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(text)
    expect(error.message).toBe(`POST api.test/v1/chat/completions: ${failed!.message}`)
    expect(entries.every(({ line }) => !line.includes('\n'))).toBe(true)
  })
})

describe("log around another client's fetch", () => {
  it('writes when the body is at its end', async () => {
    const { entries, logger } = recorder()
    const fetch = log({ logger })(async () => json({ model: 'other' }))
    const body = JSON.stringify({ model: 'gpt-4.1' })
    const response = await fetch(`${BASE}/things`, { method: 'POST', body })
    expect(entries).toEqual([])
    await response.text()
    expect(entries[0]!.fields).toEqual({
      operation: 'fetch',
      model: 'gpt-4.1',
      outcome: 'complete',
      status: 200,
      ms: expect.any(Number),
    })
  })

  it.each([404, 500])('calls a %i failed', async status => {
    const { entries, logger } = recorder()
    await (await log({ logger })(async () => new Response('no', { status }))(BASE, {})).text()
    expect(entries[0]).toMatchObject({ level: 'error', fields: { outcome: 'failed', status } })
  })

  it('calls what fetch throws an Error', async () => {
    const { entries, logger } = recorder()
    await failureOf(log({ logger })(() => Promise.reject(new TypeError('fetch failed')))(BASE, {}))
    expect(entries[0]).toMatchObject({ level: 'error', fields: { outcome: 'failed', error: 'Error' } })
  })
})
