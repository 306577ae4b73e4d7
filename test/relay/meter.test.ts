import { describe, expect, it } from 'vitest'
import type { RelayOptions, RelayUse } from '../../src/relay/index.ts'
import { memoryStreams } from '../../src/relay/index.ts'
import { chunk, STOP, sse, until } from '../support/frames.ts'
import { APP, dataOf, KEY, question, relayOf, type User, visit } from './harness.ts'

const WORDS = `Incorrect API key provided: ${KEY}`
const CANNOT = 'The service cannot answer now'
const asked = { ...question, stream: true }

/** A relay before a service that answers with this, and what it tells of each request. */
function answeredBy(
  body: string,
  type: string,
  options: Partial<RelayOptions<User>> = {},
): { ask: (body?: object, init?: Parameters<typeof visit>[1]) => Promise<string>; uses: RelayUse[] } {
  const uses: RelayUse[] = []
  const fetch = async () => new Response(body, { headers: { 'content-type': type } })
  const { handle } = relayOf({ fetch, onUse: use => uses.push(use), ...options })
  return { uses, ask: async (body, init) => (await handle(visit(body, init))).text() }
}

describe('a failure with status 200', () => {
  it.each([
    ['that is cut', `{"error":{"message":"${WORDS}","co`, 'application/json'],
    ['with something behind it', `{"error":{"message":"${WORDS}"}}\n.`, 'application/json'],
    ['flat', JSON.stringify({ code: 401, message: WORDS }), 'application/json'],
    ['flat, in other words', JSON.stringify({ detail: WORDS }), 'application/json'],
    ['in a list', JSON.stringify({ errors: [{ message: WORDS }] }), 'application/json'],
    ['as MiniMax sends it', JSON.stringify({ base_resp: { status_msg: WORDS } }), 'application/json'],
    ['with words beside it', JSON.stringify({ error: 'Unauthorized', message: WORDS }), 'application/json'],
    [
      'with words beside it and choices',
      JSON.stringify({ choices: [], error: { message: 'x' }, message: WORDS, metadata: { raw: WORDS } }),
      'application/json',
    ],
    ['in a part of another name', JSON.stringify({ failure: { message: WORDS } }), 'application/json'],
    ['too deep to be copied', `${'['.repeat(20_000)}${']'.repeat(20_000)} ${WORDS}`, 'application/json'],
    ['in plain text', WORDS, 'text/plain'],
    ['in a page', `<h1>${WORDS}</h1>`, 'text/html; charset=utf-8'],
  ])('tells nothing of the account: %s', async (_, body, type) => {
    const { ask, uses } = answeredBy(body, type)
    const told = await ask()
    expect(JSON.parse(told).error.message).toBe(CANNOT)
    expect(told).not.toContain(KEY)
    expect(uses).toMatchObject([{ outcome: 'failed' }])
  })

  it('is none where an answer is', async () => {
    for (const error of [null, false]) {
      const choices = [{ message: { content: '{"message":"x"}' }, finish_reason: 'stop' }]
      const answer = JSON.stringify({ choices, base_resp: {}, error })
      const { ask, uses } = answeredBy(answer, 'application/json')
      expect(await ask()).toBe(answer)
      expect(uses).toMatchObject([{ outcome: 'complete' }])
    }
  })

  it("is none in a text at a path of the owner's own, but where an error stands in it", async () => {
    const url = `${APP}/v1/detokenize`
    const options = { paths: ['/detokenize', '/embeddings'] }
    for (const text of ['hello world', 'null', '{', '"message": "x"']) {
      const { ask, uses } = answeredBy(text, 'text/plain', options)
      expect(await ask(question, { url })).toBe(text)
      expect(uses).toMatchObject([{ outcome: 'complete' }])
    }
    for (const [text, type, path] of [
      [`{"error":{"message":"${WORDS}"}}`, 'text/plain', url],
      [`{"error":{"message":"${WORDS}`, 'text/plain', url],
      [WORDS, 'application/json', url],
      [WORDS, 'text/plain', `${APP}/v1/embeddings`],
    ] as const) {
      const told = await answeredBy(text, type, options).ask(question, { url: path })
      expect(JSON.parse(told).error.message).toBe(CANNOT)
      expect(told).not.toContain(KEY)
    }
  })
})

describe('a failure in mid stream', () => {
  it.each([
    ['flat', sse({ code: 401, message: WORDS })],
    ['in a list', sse({ errors: [{ message: WORDS }] })],
    ['flat, with its name', `event: error\ndata: {"message":"${WORDS}"}\n\n`],
    ['as bare JSON', `{"error":{"message":"${WORDS}"}}\n\n`],
    ['as the field of llama.cpp', `error: {"message":"${WORDS}"}\n\n`],
    ['with words beside it and choices', sse({ choices: [], error: { message: 'x' }, message: WORDS })],
    [
      'in the event of the counts',
      sse({ choices: [], usage: { total_tokens: 1 }, error: { message: WORDS } }),
    ],
    ['as bare JSON with choices', `{"choices":[],"error":{"message":"${WORDS}"}}\n\n`],
    ['in members of any name', `event: error\ndata: {"reason":"${WORDS}","choices":[]}\n\n`],
    ['with words in its name', `event: error ${KEY}\ndata: {"error":"x"}\n\n`],
  ])('tells nothing of the account: %s', async (_, text) => {
    for (const streams of [undefined, memoryStreams()]) {
      const { ask } = answeredBy(sse(chunk({ content: 'a' })) + text, 'text/event-stream', { streams })
      const told = await ask(asked, { headers: { 'idempotency-key': 'k' } })
      expect(told).toContain(CANNOT)
      expect(told).not.toContain(KEY)
      expect(told).not.toContain('upstream_cut')
    }
  })

  it('is none in events of an endpoint of the own, nor in comments and times', async () => {
    const text = `retry: 9\n\n: {"message":"x"}\n\n${sse({ type: 'message_start', message: { id: 'm' } })}`
    const { ask } = answeredBy(text, 'text/event-stream', { paths: ['/messages'] })
    expect(await ask(asked, { url: `${APP}/v1/messages` })).toBe(text)
  })
})

describe('a line of a stream that is no field', () => {
  const whole = sse(chunk({ content: 'a' }), STOP, '[DONE]')
  it.each([
    ['the field of llama.cpp', `error: {"message":"${WORDS}"}\n`],
    ['bare JSON', `{"message":"${WORDS}"}\r\n`],
    ['a text', `${WORDS}\r`],
    ['a text that begins like a field', `database: ${WORDS}\n`],
    ['a block of its own', `${WORDS}\n\n`],
  ])('is not shown: %s', async (_, line) => {
    for (const streams of [undefined, memoryStreams()]) {
      const options = { streams, includeUsage: false }
      const { ask, uses } = answeredBy(`retry: 9\n: hi\n${line}${whole}`, 'text/event-stream', options)
      const told = await ask(asked, { headers: { 'idempotency-key': 'k' } })
      expect(told).not.toContain(KEY)
      expect(dataOf(told)).toEqual(dataOf(whole))
      await until(() => uses.length === 1)
      expect(uses).toMatchObject([{ outcome: 'complete' }])
    }
  })

  it('takes nothing from the fields beside it', async () => {
    const fields = 'id\r\nevent: x\r: {\ndata: 1'
    const { ask } = answeredBy(`a\r\n${fields}\r\nb\n\n${whole}`, 'text/event-stream')
    expect(await ask(asked)).toBe(`${fields}\n\n${whole}`)
  })

  it("is passed on at a path of the owner's own", async () => {
    const { ask } = answeredBy('hello\n\n\n\nworld\n\n', 'text/plain', { paths: ['/detokenize'] })
    expect(await ask(asked, { url: `${APP}/v1/detokenize` })).toBe('hello\n\n\n\nworld\n\n')
  })
})

describe('a reason to end', () => {
  it.each([
    ['overloaded_error', 'failed'],
    ['Cancelled', 'failed'],
    ['insufficient_system_resource', 'failed'],
    ['length', 'complete'],
    ['no_error_', 'complete'],
  ])('counts as the client reads it: %s', async (reason, outcome) => {
    const last = chunk({}, reason)
    for (const [body, type] of [
      [sse(chunk({ content: 'a' }), last, '[DONE]'), 'text/event-stream'],
      [
        JSON.stringify({ choices: [{ message: { content: 'a' }, finish_reason: reason }] }),
        'application/json',
      ],
    ] as const) {
      const { ask, uses } = answeredBy(body, type, { includeUsage: false })
      expect(await ask({ ...question, stream: type !== 'application/json' })).toBe(body)
      await until(() => uses.length === 1)
      expect(uses).toMatchObject([{ outcome }])
    }
  })
})

describe('the counts of an answer', () => {
  it('are guessed from its text where the service tells none', async () => {
    const answer = JSON.stringify({ choices: [{ message: { content: 'word '.repeat(300) } }] })
    const { ask, uses } = answeredBy(answer, 'application/json')
    await ask()
    const tokens = Math.ceil(JSON.stringify(question).length / 3) + Math.ceil(answer.length / 3)
    expect(uses).toMatchObject([{ tokens, estimated: true, outcome: 'complete' }])
  })

  it('are read of a stream under the type of a plain text, and behind a byte order mark', async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
    const whole = sse(chunk({ content: 'a' }), { ...STOP, usage }, '[DONE]')
    for (const [text, type] of [
      [whole, 'text/plain'],
      [`\ufeff${sse({ ...STOP, usage })}`, 'text/event-stream'],
    ] as const) {
      const { ask, uses } = answeredBy(text, type)
      expect(await ask(asked)).toBe(text.replace('\ufeff', ''))
      await until(() => uses.length === 1)
      expect(uses).toMatchObject([{ tokens: 3, estimated: false, outcome: 'complete' }])
    }
  })
})
