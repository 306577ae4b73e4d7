import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type ChatCompletionChunk,
  ConnectionError,
  createChatCompletion,
  createClient,
  IncompleteStreamError,
  isLLMError,
  type LLMError,
  retry,
  streamChatCompletion,
} from '../../src/index.ts'
import { startFakeServer } from '../../src/testing/server.ts'
import { chunk, drain, request, STOP, sse, textOf } from '../support/frames.ts'

const HI = sse(chunk({ content: 'Hi' }))
const END = sse(STOP)

let server: Server | undefined
afterEach(() => new Promise<void>(resolve => (server ? server.close(() => resolve()) : resolve())))

/** What a stream comes to where a server sends exactly this, and then does that. */
async function from(
  answer: string | Uint8Array | readonly (string | Uint8Array)[],
  then: (socket: Socket) => void = socket => socket.end(),
): Promise<{ values: ChatCompletionChunk[]; error?: unknown }> {
  const running = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => {
      for (const piece of [answer].flat() as (string | Uint8Array)[]) socket.write(piece)
      socket.write('', () => setTimeout(then, 20, socket))
    })
  })
  server = running
  await new Promise<void>(resolve => running.listen(0, '127.0.0.1', resolve))
  const address = running.address() as { port: number }
  const client = createClient({ baseUrl: `http://127.0.0.1:${address.port}/v1` })
  return drain(streamChatCompletion(client, request))
}

const head = (...lines: string[]): string =>
  ['HTTP/1.1 200 OK', 'content-type: text/event-stream', 'connection: close', ...lines, '', ''].join('\r\n')
const chunked = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
const CHUNKED = head('transfer-encoding: chunked')

describe('a connection that is kept', () => {
  it('C21 is tried again by retry where the server has closed it meanwhile', async () => {
    const answer = JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' } }] })
    const sockets: Socket[] = []
    let requests = 0
    const running = createServer(socket => {
      sockets.push(socket)
      socket.on('error', () => {})
      socket.on('data', data => {
        if (!data.toString().startsWith('POST')) return
        // The second request meets a connection that is being closed.
        if (++requests === 2) socket.destroy()
        else
          socket.write(
            `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`,
          )
      })
    })
    server = running
    await new Promise<void>(resolve => running.listen(0, '127.0.0.1', resolve))
    const { port } = running.address() as { port: number }
    const policies = [retry({ initialDelay: 1 })]
    const client = createClient({ baseUrl: `http://127.0.0.1:${port}/v1`, policies })
    const first = await createChatCompletion(client, request).withResponse()
    const second = await createChatCompletion(client, request).withResponse()
    for (const socket of sockets) socket.destroy()
    expect([first.attempts, second.attempts, requests]).toEqual([1, 2, 3])
    for (const { data } of [first, second]) expect(data.choices[0].message.content).toBe('Hi')
  })
})

describe('a stream over TCP', () => {
  it('C9 tells of a reset in mid stream', async () => {
    const { values, error } = await from(CHUNKED + chunked(HI), socket => socket.resetAndDestroy())
    expect([textOf(values), error]).toEqual(['Hi', expect.any(IncompleteStreamError)])
    expect((error as Error).cause).toBeInstanceOf(ConnectionError)
  })

  it('C9 tells of an end inside a chunk, or before the last one', async () => {
    for (const rest of ['', 'ff\r\ndata: {"cho'])
      expect(await from(CHUNKED + chunked(HI) + rest)).toMatchObject({
        values: [{}],
        error: expect.any(IncompleteStreamError),
      })
  })

  it('C9 tells of a body that is shorter than its content-length', async () => {
    const { values, error } = await from(`${head('content-length: 9999')}${HI}`)
    expect([textOf(values), error]).toEqual(['Hi', expect.any(IncompleteStreamError)])
  })

  it('C10 goes by the rule where the connection is closed without more ado', async () => {
    expect(await from(head() + HI)).toMatchObject({ error: expect.any(IncompleteStreamError) })
    for (const end of [END, sse('[DONE]')]) {
      const { values, error } = await from(head() + HI + end)
      expect([textOf(values), error]).toEqual(['Hi', undefined])
    }
  })

  it('C1 tells of a connection that ends before its headers', async () => {
    for (const then of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
      const { values, error } = await from('', then)
      expect([values, error]).toEqual([[], expect.any(ConnectionError)])
      expect((error as LLMError).code).toMatch(/ECONNRESET|UND_ERR_SOCKET/)
    }
  })

  it('C1 tells of a connection that is refused', async () => {
    const gone = createHttpServer()
    await new Promise<void>(resolve => gone.listen(0, '127.0.0.1', resolve))
    const { port } = gone.address() as AddressInfo
    await new Promise(resolve => gone.close(resolve))
    const client = createClient({ baseUrl: `http://127.0.0.1:${port}/v1` })
    const { error } = await drain(streamChatCompletion(client, request))
    expect(error).toMatchObject({ name: 'ConnectionError', code: 'ECONNREFUSED', retryable: true })
    expect((error as LLMError).message).toContain('ECONNREFUSED')
  })

  it('C1 does not take a port that fetch never asks for one that may open', async () => {
    const client = createClient({ baseUrl: 'http://127.0.0.1:1/v1' })
    const { error } = await drain(streamChatCompletion(client, request))
    expect(error).toMatchObject({ name: 'ConnectionError', retryable: false })
  })

  it('C2 refuses what is not HTTP', async () => {
    for (const answer of ['SSH-2.0-OpenSSH\r\n\r\n', `${CHUNKED}zz\r\n${HI}\r\n`]) {
      const { error } = await from(answer)
      expect(error).toMatchObject({ cause: { cause: { name: 'HTTPParserError' } } })
      expect(inspect(error, { depth: 8, showHidden: true })).not.toMatch(/SSH|zz/)
    }
  })

  it('C11 tells of compressed bytes that are cut or corrupt', async () => {
    const noise = Array.from({ length: 3000 }, (_, place) => (place * place * 7919) % 1009).join()
    const packed = gzipSync(HI + sse(chunk({ content: noise })) + END)
    const encoded = head('content-encoding: gzip')
    const whole = await from([encoded, packed])
    expect([textOf(whole.values), whole.error]).toEqual([`Hi${noise}`, undefined])
    const cut = await from([encoded, packed.subarray(0, packed.length / 2)])
    expect(isLLMError(cut.error), String(cut.error)).toBe(true)
    const corrupt = Buffer.from(packed)
    corrupt.fill(0xff, 20, 60)
    expect((await from([encoded, corrupt])).error).toMatchObject({ code: 'Z_DATA_ERROR', retryable: false })
  })

  it('C16 keeps no connection for streams that are refused', async () => {
    await using refusing = await startFakeServer({ faults: { status: 429 } })
    const client = createClient({ baseUrl: refusing.baseUrl })
    for (let round = 0; round < 20; round++)
      await Promise.all(Array.from({ length: 10 }, () => drain(streamChatCompletion(client, request))))
    expect(refusing.requests).toHaveLength(200)
    expect(refusing.connections).toBeLessThanOrEqual(20)
    expect(refusing.openRequests).toBe(0)
  })

  it('L10 uses a connection again after [DONE]', async () => {
    await using fake = await startFakeServer()
    const client = createClient({ baseUrl: fake.baseUrl })
    for (let count = 0; count < 20; count++) {
      const { error } = await drain(streamChatCompletion(client, { ...request, model: 'fake-small' }))
      expect(error).toBeUndefined()
    }
    expect(fake.connections).toBeLessThanOrEqual(2)
    expect(fake.requests.filter(({ aborted }) => aborted)).toEqual([])
  })

  it("L10 uses a connection again whose body's end comes after [DONE]", async () => {
    const sockets = new Set<unknown>()
    const late = createHttpServer((incoming, answer) => {
      sockets.add(incoming.socket)
      incoming.resume()
      answer.writeHead(200, { 'content-type': 'text/event-stream' })
      answer.write(`${HI}${sse(STOP)}${sse('[DONE]')}`)
      setTimeout(() => answer.end(), 20)
    })
    await new Promise<void>(resolve => late.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = late.address() as AddressInfo
      const client = createClient({ baseUrl: `http://127.0.0.1:${port}/v1` })
      for (let count = 0; count < 10; count++)
        expect((await drain(streamChatCompletion(client, request))).error).toBeUndefined()
      // Without the wait there are ten; a busy machine is too late for one now and then.
      expect(sockets.size).toBeLessThanOrEqual(5)
    } finally {
      late.close()
      late.closeAllConnections()
    }
  })

  it('L6 makes a fast service wait for a slow reader', async () => {
    await using fake = await startFakeServer({ reply: () => 'word '.repeat(300_000) })
    const client = createClient({ baseUrl: fake.baseUrl })
    const stream = streamChatCompletion(client, { ...request, model: 'fake-small' })
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    const before = process.memoryUsage()
    await new Promise(resolve => setTimeout(resolve, 300))
    const after = process.memoryUsage()
    expect(fake.openRequests).toBe(1)
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(16 * 2 ** 20)
    await iterator.return?.()
  })
})
