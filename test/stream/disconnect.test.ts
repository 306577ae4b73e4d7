import { describe, expect, it } from 'vitest'
import {
  collectText,
  createChatCompletion,
  createClient,
  type EventStream,
  ProtocolError,
  streamChatCompletion,
} from '../../src/index.ts'
import { bodyOf, bytesOf, chunk, drain, outcome, request, STOP, sse } from '../support/frames.ts'

const HI = chunk({ content: 'Hi' })

/**
 * A client whose service answers with these texts and falls silent. As in Firefox, cancelling the body does nothing then: `isOpen` tells
 * whether the request's own signal has ended it.
 */
function silentAfter(...texts: readonly string[]) {
  let sent: AbortSignal | null | undefined
  const client = createClient({
    baseUrl: 'https://service.test/v1',
    maxResponseBytes: 1000,
    fetch: async (_url, { signal }) => {
      sent = signal
      return new Response(bodyOf(texts.map(bytesOf), 'silence').body)
    },
  })
  return { client, isOpen: () => sent && !sent.aborted, reason: () => sent?.reason }
}

describe('a request is ended', () => {
  it('when its stream is left', async () => {
    const { client, isOpen } = silentAfter(sse(HI))
    for await (const _ of streamChatCompletion(client, request)) {
      expect(isOpen()).toBe(true)
      break
    }
    expect(isOpen()).toBe(false)
  })

  it('when its stream is left before the first event', async () => {
    const { client, isOpen } = silentAfter(': nothing yet\n\n')
    const stream: EventStream<unknown> = streamChatCompletion(client, request)
    await new Promise(resolve => setTimeout(resolve))
    expect(isOpen()).toBe(true)
    await stream[Symbol.asyncDispose]()
    expect(isOpen()).toBe(false)
  })

  it('when its stream is refused for what is in it', async () => {
    const { client, isOpen } = silentAfter(sse(HI, '<not JSON>'))
    const { error } = await drain(streamChatCompletion(client, request))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(isOpen()).toBe(false)
  })

  it('when its answer is too large', async () => {
    const { client, isOpen } = silentAfter('{"choices": [', 'x'.repeat(1000))
    await outcome(createChatCompletion(client, request))
    expect(isOpen()).toBe(false)
  })

  it('soon after [DONE], when the service does not close it', async () => {
    const { client, isOpen } = silentAfter(sse(HI, STOP, '[DONE]'))
    expect(await collectText(streamChatCompletion(client, request))).toBe('Hi')
    await expect.poll(isOpen, { timeout: 10_000 }).toBe(false)
  })

  it("with the caller's own reason, when the caller aborts", async () => {
    const { client, reason } = silentAfter(sse(HI))
    const controller = new AbortController()
    const reading = drain(streamChatCompletion(client, request, { signal: controller.signal }))
    await new Promise(resolve => setTimeout(resolve))
    const enough = new RangeError('enough')
    controller.abort(enough)
    expect((await reading).error).toBe(enough)
    expect(reason()).toBe(enough)
  })
})

it('a connection that was read to its end is left to be used again', async () => {
  const signals: (AbortSignal | null | undefined)[] = []
  const client = createClient({
    baseUrl: 'https://service.test/v1',
    fetch: async (_url, { signal, body }) => {
      signals.push(signal)
      const whole = JSON.stringify({ choices: [{ message: { content: 'Hi' } }] })
      return new Response(String(body).includes('"stream":true') ? sse(HI, STOP, '[DONE]') : whole)
    },
  })
  await createChatCompletion(client, request)
  await collectText(streamChatCompletion(client, request))
  await new Promise(resolve => setTimeout(resolve, 150))
  expect(signals.map(signal => signal?.aborted)).toEqual([false, false])
})
