import { describe, expect, it, vi } from 'vitest'
import {
  collectText,
  finalCompletion,
  IncompleteStreamError,
  NotFoundError,
  ProtocolError,
  RateLimitError,
  readStream,
  toSSEResponse,
} from '../../src/index.ts'
import { DIALECTS } from '../fixtures/dialects.ts'
import { bodyOf, bytesOf, chunk, drain, outcome, STOP, sse, streamOf, until } from '../support/frames.ts'

const responseOf = (...list: readonly unknown[]) => new Response(sse(...list))

describe('readStream', () => {
  it.each(DIALECTS.filter(({ error }) => !error))('reads what toSSEResponse writes: $name', async dialect => {
    const text = dialect.events.map(each => (typeof each === 'string' ? each : sse(each))).join('')
    expect(await finalCompletion(readStream(toSSEResponse(streamOf(text))))).toEqual(dialect.completion)
  })

  it('tells of the response, of no request', async () => {
    const headers = { 'x-request-id': 'req_1' }
    const stream = readStream(new Response(sse(STOP), { status: 201, headers }))
    expect(await stream.response).toMatchObject({ status: 201, requestId: 'req_1', attempts: 0 })
    await collectText(stream)
  })

  it('is held to the rules of a service’s stream', async () => {
    const { values, error } = await drain(readStream(responseOf(chunk({ content: 'Half' }))))
    expect([values.length, error]).toEqual([1, expect.any(IncompleteStreamError)])
    const failed = readStream(responseOf({ error: { message: 'm', code: 429 } }))
    expect((await drain(failed)).error).toBeInstanceOf(RateLimitError)
    expect((await drain(readStream(new Response('<html>')))).error).toBeInstanceOf(ProtocolError)
    expect((await drain(readStream(new Response('{}', { status: 404 })))).error).toBeInstanceOf(NotFoundError)
    expect((await drain(readStream(new Response(null, { status: 204 })))).error).toBeInstanceOf(ProtocolError)
  })

  it('takes the choices that it is told of', async () => {
    const choice = (index: number) => ({ index, delta: { content: 'x' }, finish_reason: 'stop' })
    const both = () => responseOf({ choices: [choice(0), choice(1)] })
    expect((await finalCompletion(readStream(both(), { choices: 2 }))).choices).toHaveLength(2)
    expect((await drain(readStream(both()))).error).toBeInstanceOf(ProtocolError)
  })

  it('is thrown the reason of a signal that has aborted before it, and ends the body', async () => {
    const source = bodyOf([bytesOf(sse(chunk({ content: 'a' })))], 'silence')
    const reason = new Error('mine')
    const stream = readStream(new Response(source.body), { signal: AbortSignal.abort(reason) })
    expect((await drain(stream)).error).toBe(reason)
    await until(() => source.cancels === 1)
  })

  it('ends on abort, by its signal and by itself', async () => {
    for (const by of ['signal', 'itself']) {
      const source = bodyOf([bytesOf(sse(chunk({ content: 'a' })))], 'silence')
      const controller = new AbortController()
      const stream = readStream(new Response(source.body), controller)
      const iterator = stream[Symbol.asyncIterator]()
      await iterator.next()
      const waiting = outcome(iterator.next())
      const reason = new Error('mine')
      if (by === 'signal') controller.abort(reason)
      else stream.abort(reason)
      expect((await waiting).error).toBe(reason)
      await until(() => source.cancels === 1)
    }
  })

  it('ends with the reason of a signal that had aborted before', async () => {
    const reason = new Error('gone before')
    const stream = readStream(responseOf(chunk({ content: 'a' }), STOP), {
      signal: AbortSignal.abort(reason),
    })
    expect((await drain(stream)).error).toBe(reason)
  })

  it('reads by demand', async () => {
    const pull = vi.fn((controller: ReadableStreamDefaultController<Uint8Array>) =>
      controller.enqueue(bytesOf(sse(chunk({ content: 'a' })))),
    )
    const body = new ReadableStream({ pull }, { highWaterMark: 0 })
    const iterator = readStream(new Response(body))[Symbol.asyncIterator]()
    for (let read = 0; read < 3; read++) await iterator.next()
    expect(pull).toHaveBeenCalledTimes(3)
    await iterator.return?.()
  })
})
