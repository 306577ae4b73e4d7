import { describe, expect, inject, it } from 'vitest'
import {
  type CallOptions,
  ConnectionError,
  collectText,
  createChatCompletion,
  createClient,
  finalCompletion,
  IncompleteStreamError,
  ProtocolError,
  RateLimitError,
  ServerError,
  streamChatCompletion,
  TimeoutError,
  timeout,
} from '../../src/index.ts'
import type { Fault } from '../../src/testing/index.ts'
import {
  bodyOf,
  bytesOf,
  chunk,
  drain,
  outcome,
  request as question,
  STOP,
  sse,
  streamOf,
  textOf,
} from '../support/frames.ts'

const request = { ...question, model: 'fake-small' }

/** A stream of the real server, in which something goes wrong. */
function faulty(fault: Fault, options: CallOptions = {}) {
  const client = createClient({ baseUrl: inject('fakeServer'), policies: [timeout()] })
  const headers = { 'x-fake-fault': JSON.stringify(fault) }
  return streamChatCompletion(client, request, { ...options, headers })
}

async function expected(): Promise<string | null> {
  const client = createClient({ baseUrl: inject('fakeServer') })
  return (await createChatCompletion(client, request)).choices[0].message.content
}

describe('streamChatCompletion of a real server', () => {
  it('streams what a plain call answers', async () => {
    const { values, error } = await drain(faulty({}))
    expect([textOf(values), error]).toEqual([await expected(), undefined])
    expect(values.at(-1)?.choices[0]?.finishReason).toBe('stop')
  })

  it('hands out chunks in camelCase, with what it does not know', async () => {
    const { values } = await drain(
      streamChatCompletion(createClient({ baseUrl: inject('fakeServer') }), {
        ...request,
        streamOptions: { includeUsage: true },
      }),
    )
    expect(values[0]).toMatchObject({
      object: 'chat.completion.chunk',
      systemFingerprint: 'fp_fake',
      usage: null,
      choices: [{ finishReason: null, logprobs: null }],
    })
    expect(values.at(-1)).toMatchObject({ choices: [], usage: { totalTokens: expect.any(Number) } })
  })

  it('A13 finishes at [DONE], sent twice or not, of a connection that stays open', async () => {
    for (const fault of [{ lingering: true }, { duplicateDone: true }] as const)
      expect(await collectText(faulty(fault))).toBe(await expected())
  })

  it('A16 refuses an event that is not JSON', async () => {
    const { values, error } = await drain(faulty({ garbage: true }))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(values).toHaveLength(1)
    expect(String(error)).not.toContain('cut o')
  })

  it('C10 tells a cut stream from a whole one', async () => {
    for (const cut of [0, 1, 3, 99]) {
      const { values, error } = await drain(faulty({ cut }))
      expect(error, `${cut}`).toBeInstanceOf(IncompleteStreamError)
      expect((await expected())?.startsWith(textOf(values))).toBe(true)
    }
  })

  it('C9 tells of a connection that breaks in mid stream', async () => {
    const { values, error } = await drain(faulty({ reset: 3 }))
    // Browsers may throw away what had arrived with the connection's end.
    if (!values.length) return expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toBeInstanceOf(IncompleteStreamError)
    expect((error as Error).cause).toBeInstanceOf(ConnectionError)
    return expect((await expected())?.startsWith(textOf(values))).toBe(true)
  })

  it('C9 tells of a connection that breaks before the first event', async () => {
    for (const reset of ['headers', 0] as const) {
      const { values, error } = await drain(faulty({ reset }))
      expect(values).toEqual([])
      expect(error, String(reset)).toBeInstanceOf(ConnectionError)
      expect(error).toMatchObject({ retryable: true })
    }
  })

  it('C13 names the media type of a page', async () => {
    const { error } = await drain(faulty({ garbage: 'html' }))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(String(error)).toContain('text/html')
  })

  it('C15 throws the error of the status', async () => {
    expect((await drain(faulty({ status: 429, headers: { 'retry-after': '7' } }))).error).toMatchObject({
      name: 'RateLimitError',
      retryAfter: 7000,
      requestId: expect.stringMatching(/^req_fake/),
    })
    expect((await drain(faulty({ status: 503, body: '<h1>Gateway</h1>' }))).error).toBeInstanceOf(ServerError)
    expect((await drain(faulty({ status: 429, body: '' }))).error).toBeInstanceOf(RateLimitError)
  })

  it('C15 reads no more of an error than it needs, and not for ever', async () => {
    function* endless(): Generator<Uint8Array> {
      for (;;) yield new Uint8Array(65_536).fill(120)
    }
    const large = bodyOf(endless())
    const refused = await drain(streamOf(() => new Response(large.body, { status: 500 })))
    expect(refused.error).toBeInstanceOf(ServerError)
    const said = (refused.error as Error).message.replace(/^POST \S+: /, '')
    expect(said).toMatch(/^500 x+$/)
    expect(said.length).toBeLessThanOrEqual(2048)
    expect(large.pulls).toBeLessThan(5)
    const stalled = await drain(faulty({ status: 503, body: { error: { message: 'x' } }, stall: 1 }))
    expect(stalled.error).toBeInstanceOf(ServerError)
  })

  it('C5 times out before the first event', async () => {
    for (const [stall, phase] of [
      ['headers', 'headers'],
      ['first', 'firstEvent'],
    ] as const) {
      const { values, error } = await drain(faulty({ stall }, { timeout: 60 }))
      expect(values).toEqual([])
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error).toMatchObject({ phase, retryable: true })
    }
  })

  it('C6 times out in mid stream, with what had arrived', async () => {
    const { error } = await outcome(finalCompletion(faulty({ stall: 3 }, { timeout: { idle: 60 } })))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({
      phase: 'idle',
      retryable: false,
      partial: { choices: [{ finishReason: null }] },
    })
    const { choices } = (error as TimeoutError).partial as { choices: { message: { content: string } }[] }
    expect((await expected())?.startsWith(choices[0]?.message.content ?? '-')).toBe(true)
  })

  it('C6 times out as a whole', async () => {
    const { error } = await drain(faulty({ stall: 3 }, { timeout: { total: 60 } }))
    expect(error).toMatchObject({ name: 'TimeoutError', phase: 'total', retryable: false })
  })
})

describe('streamChatCompletion and silence', () => {
  /** A body that sends a text every few milliseconds, for ever. */
  function beating(
    first: string,
    text: string,
    every = 10,
  ): { body: ReadableStream<Uint8Array>; stop: () => void } {
    let timer: ReturnType<typeof setInterval> | undefined
    const stop = (): void => clearInterval(timer)
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytesOf(first))
        timer = setInterval(() => controller.enqueue(bytesOf(text)), every)
      },
      cancel: stop,
    })
    return { body, stop }
  }
  const limited = (body: ReadableStream<Uint8Array>, limits: CallOptions['timeout']) =>
    streamOf(body, { timeout: limits }, { policies: [timeout()] })

  it('C7 C6 takes comments for a sign of life, but not for an event', async () => {
    const alive = beating(sse(chunk({ content: 'Hi' })), ': keep-alive\n\n')
    const total = await drain(limited(alive.body, { idle: 150, total: 500 }))
    expect([textOf(total.values), total.error]).toEqual(['Hi', expect.objectContaining({ phase: 'total' })])
    const empty = beating(': keep-alive\n\n', ': keep-alive\n\n')
    const first = await drain(limited(empty.body, { firstEvent: 100, idle: 5000 }))
    expect(first.error).toMatchObject({ phase: 'firstEvent', retryable: true })
    alive.stop()
    empty.stop()
  })

  it('C8 takes single bytes for a sign of life', async () => {
    const drip = beating('data: "', 'x', 5)
    const { error } = await drain(limited(drip.body, { idle: 150, total: 400 }))
    expect(error).toMatchObject({ phase: 'total' })
    drip.stop()
  })

  it('C6 does not count the time that the reader takes', async () => {
    const { body } = bodyOf(
      [chunk({ content: 'a' }), chunk({ content: 'b' }), STOP].map(each => bytesOf(sse(each))),
    )
    let text = ''
    for await (const { choices } of limited(body, { idle: 40 })) {
      text += choices[0]?.delta.content ?? ''
      await new Promise(resolve => setTimeout(resolve, 80))
    }
    expect(text).toBe('ab')
  })
})
