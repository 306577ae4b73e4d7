import { describe, expect, it } from 'vitest'
import type { RelayOptions, RelayUse } from '../../src/relay/index.ts'
import { memoryStreams } from '../../src/relay/index.ts'
import { chunk, STOP, sse, until } from '../support/frames.ts'
import { APP, KEY, question, relayOf, type User, visit } from './harness.ts'

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
    const answer = JSON.stringify({ choices: [{ message: { content: '{"message":"x"}' } }], base_resp: {} })
    expect(await answeredBy(answer, 'application/json').ask()).toBe(answer)
  })
})

describe('a failure in mid stream', () => {
  it.each([
    ['flat', sse({ code: 401, message: WORDS })],
    ['in a list', sse({ errors: [{ message: WORDS }] })],
    ['flat, with its name', `event: error\ndata: {"message":"${WORDS}"}\n\n`],
    ['as bare JSON', `{"error":{"message":"${WORDS}"}}\n\n`],
    ['as the field of llama.cpp', `error: {"message":"${WORDS}"}\n\n`],
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
