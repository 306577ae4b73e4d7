import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createFakeFetch } from '../../src/testing/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import { chatBody, dataOf, drain, type Json, post, until } from './support.ts'

describe('startFakeServer', () => {
  let server: FakeServer
  let chat: string
  beforeAll(async () => {
    server = await startFakeServer({ corsHeaders: ['x-extra'] })
    chat = `${server.baseUrl}/chat/completions`
  })
  beforeEach(() => server.reset())
  afterAll(() => server.close())

  it('answers as the fake fetch does', async () => {
    const fake = createFakeFetch()
    for (const body of [chatBody('Hi'), chatBody('Hi', { stream: true, n: 2 }), chatBody('Hi', { n: 0 })]) {
      const real = await fetch(chat, post(body))
      const inside = await fake(chat, post(body))
      expect([real.status, await real.text()]).toEqual([inside.status, await inside.text()])
      for (const [name, value] of inside.headers) expect(real.headers.get(name)).toBe(value)
    }
    expect(server.requests.map(({ path, body }) => [path, body])).toEqual(
      fake.requests.map(({ path, body }) => [path, body]),
    )
  })

  it('listens on loopback, at a port of its own', () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(server.baseUrl).toBe(`${server.url}/v1`)
  })

  it('answers at no other address of the machine', async () => {
    const { port } = new URL(server.url)
    // A Mac has no second address of loopback.
    const others = process.platform === 'darwin' ? ['::1'] : ['::1', '127.0.0.2']
    for (const address of others) {
      const socket = connect(Number(port), address)
      await expect(once(socket, 'connect'), address).rejects.toMatchObject({ code: expect.any(String) })
    }
  })

  it('refuses a body that is too large, and goes on', async () => {
    const megabyte = new Uint8Array(2 ** 20)
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent++ < 65) controller.enqueue(megabyte)
        else controller.close()
      },
    })
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    const response = await fetch(chat, init)
    expect([response.status, await response.json()]).toMatchObject([
      413,
      { error: { code: 'request_too_large' } },
    ])
    expect((await fetch(chat, post(chatBody('Hi')))).status).toBe(200)
  })

  it('no longer waits for a reply when its client has gone', async () => {
    await using slow = await startFakeServer({ reply: () => new Promise(() => {}) })
    const controller = new AbortController()
    const init = post(chatBody('Hi'), { signal: controller.signal })
    const answer = fetch(`${slow.baseUrl}/chat/completions`, init).catch(error => error)
    await until(() => slow.requests.length > 0)
    controller.abort()
    await until(() => slow.requests[0]?.aborted === true && slow.openRequests === 0)
    await answer
  })

  it('counts what is open, and connections', async () => {
    const before = server.connections
    const headers = { 'x-fake-fault': JSON.stringify({ stall: 1 }) }
    const responses = await Promise.all(
      [1, 2, 3].map(() => fetch(chat, post(chatBody('Hi', { stream: true }), { headers }))),
    )
    expect(server.openRequests).toBe(3)
    expect(server.connections - before).toBeLessThanOrEqual(3)
    for (const response of responses) await response.body?.cancel()
    await until(() => server.openRequests === 0)
    expect(server.requests.map(request => request.aborted)).toEqual([true, true, true])
  })

  it('notices when the client goes, before the headers and in mid stream', async () => {
    for (const fault of [{ stall: 'headers' }, { delay: 60_000 }, { stall: 2 }]) {
      server.reset()
      const controller = new AbortController()
      const headers = { 'x-fake-fault': JSON.stringify(fault) }
      const answer = fetch(
        chat,
        post(chatBody('Hi', { stream: true }), { headers, signal: controller.signal }),
      )
      const seen = answer.catch(error => error)
      await until(() => server.openRequests > 0 && server.requests.length > 0)
      controller.abort()
      await until(() => server.requests[0]?.aborted === true && server.openRequests === 0)
      await seen
    }
  })

  it('does not take a whole answer for an aborted one', async () => {
    await (await fetch(chat, post(chatBody('Hi', { stream: true })))).text()
    await until(() => server.openRequests === 0)
    expect(server.requests[0]?.aborted).toBe(false)
  })

  it('waits for a client that does not read', async () => {
    // Some 100 MB of events, were they all sent: more than the sockets' buffers take.
    await using slow = await startFakeServer({ reply: () => 'word '.repeat(400_000) })
    const body = JSON.stringify(chatBody('Hi', { stream: true }))
    const encode = vi.spyOn(TextEncoder.prototype, 'encode')
    const socket = connect(Number(new URL(slow.url).port), '127.0.0.1').pause()
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    await until(() => encode.mock.calls.length > 0)
    let made = 0
    while (encode.mock.calls.length > made) {
      made = encode.mock.calls.length
      await new Promise(resolve => setTimeout(resolve, 150))
    }
    expect(made).toBeLessThan(200_000)
    encode.mockRestore()
    socket.destroy()
    await until(() => slow.openRequests === 0)
    expect(slow.requests[0]?.aborted).toBe(true)
  })

  it('sends what came before it breaks the connection', async () => {
    const ask = (fault: Json, stream = true): Promise<Response> =>
      fetch(chat, post(chatBody('Hi', { stream }), { headers: { 'x-fake-fault': JSON.stringify(fault) } }))
    for (const reset of [0, 3]) {
      const { text, error } = await drain(await ask({ reset }))
      expect(dataOf(text)).toHaveLength(reset)
      expect(error).toBeInstanceOf(TypeError)
    }
    await expect(ask({ reset: 'headers' })).rejects.toBeInstanceOf(TypeError)
    const cut = await drain(await ask({ cut: 3 }))
    expect([dataOf(cut.text).length, cut.error]).toEqual([3, undefined])
    expect((await ask({ status: 429 })).status).toBe(429)
    expect((await ask({ status: 204 })).status).toBe(204)
  })

  it('lets pages of other origins in, as strictly as a strict service', async () => {
    const preflight = await fetch(chat, { method: 'OPTIONS', headers: { origin: 'https://page.test' } })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toBe(
      'authorization, content-type, accept, x-fake-fault, x-extra',
    )
    expect(server.requests).toEqual([])
    const { headers } = await fetch(`${server.baseUrl}/models`)
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-expose-headers')).toBe('x-request-id, retry-after, retry-after-ms')
  })

  it('tells of a bug in the own reply', async () => {
    await using broken = await startFakeServer({
      reply: () => {
        throw new TypeError('my bug')
      },
    })
    const response = await fetch(`${broken.baseUrl}/chat/completions`, post(chatBody('Hi')))
    expect([response.status, await response.json()]).toMatchObject([
      500,
      { error: { message: 'TypeError: my bug' } },
    ])
  })

  it('closes for good, open answers and all', async () => {
    const closing = await startFakeServer({ faults: { stall: 1 } })
    const response = await fetch(
      `${closing.baseUrl}/chat/completions`,
      post(chatBody('Hi', { stream: true })),
    )
    await Promise.all([closing.close(), closing.close()])
    expect((await drain(response)).error).toBeInstanceOf(TypeError)
    await expect(fetch(`${closing.baseUrl}/models`)).rejects.toBeInstanceOf(TypeError)
    expect(closing.requests[0]?.aborted).toBe(true)
  })

  it('says when it cannot listen', async () => {
    const port = Number(new URL(server.url).port)
    await expect(startFakeServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
