import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { completion } from '../client/harness.ts'
import { until } from '../support/frames.ts'

// A client that lives in the module of a Worker, in workerd itself: no request of it may need another to give something back.

const worker = (service: string, root: string) => `
import { LLMClient, metrics } from ${JSON.stringify(root)}

const client = new LLMClient({
  apiKey: 'k', baseUrl: ${JSON.stringify(service)}, maxConcurrentRequests: 1, retry: false, circuitBreaker: false,
  metrics: metrics(),
})

export default {
  async fetch({ url }) {
    const { pathname } = new URL(url)
    if (pathname === '/compute') {
      for (const end = Date.now() + 4000; Date.now() < end; ) Math.random()
      return new Response('ok')
    }
    if (pathname === '/metrics') return Response.json(client.metrics().calls)
    await client.chat.completions.create({ model: pathname.slice(1), messages: [{ role: 'user', content: 'x' }] })
    return new Response('ok')
  },
}`

describe('the limit of an LLMClient in a Worker', () => {
  let service: Server
  let miniflare: Miniflare
  let address: URL
  let asked: string[] = []

  beforeAll(async () => {
    // Answers after a moment, and never where the model is called so.
    service = createServer((request, response) => {
      let text = ''
      request.on('data', data => {
        text += data
      })
      request.on('end', () => {
        const { model } = JSON.parse(text)
        asked.push(model)
        if (model === 'silent') return
        const answer = () =>
          response.setHeader('content-type', 'application/json').end(JSON.stringify(completion))
        setTimeout(answer, model === 'slow' ? 1500 : 100)
      })
    })
    await new Promise<void>(resolve => service.listen(0, '127.0.0.1', resolve))
    const { port } = service.address() as AddressInfo
    const root = fileURLToPath(new URL('../../src/index.ts', import.meta.url))
    const { outputFiles } = await build({
      stdin: { contents: worker(`http://127.0.0.1:${port}/v1`, root), resolveDir: process.cwd() },
      bundle: true,
      format: 'esm',
      conditions: ['workerd', 'worker', 'browser'],
      write: false,
    })
    miniflare = new Miniflare(
      convertV4MiniflareOptions({
        modules: [{ type: 'ESModule', path: 'worker.mjs', contents: outputFiles[0]!.text }],
        compatibilityDate: '2025-06-01',
        host: '127.0.0.1',
        port: 0,
      }),
    )
    address = await miniflare.ready
  }, 60_000)
  afterAll(async () => {
    await miniflare?.dispose()
    service.closeAllConnections()
    await new Promise(resolve => service.close(resolve))
  })

  const visit = async (path: string): Promise<string> => {
    const response = await fetch(new URL(path, address), { signal: AbortSignal.timeout(20_000) })
    return `${response.status} ${await response.text()}`
  }

  /** A visitor whose connection breaks once the service has been asked for him. */
  async function leave(path: string): Promise<void> {
    const before = asked.length
    const socket = connect(Number(address.port), address.hostname)
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${address.host}\r\n\r\n`)
    await until(() => asked.length > before)
    socket.resetAndDestroy()
  }

  it('lets more requests than it has places wait for their turn, and then those that come alone', async () => {
    const visits = await Promise.all(Array.from({ length: 5 }, () => visit('/m')))
    expect(visits).toEqual(Array(5).fill('200 ok'))
    expect(await visit('/m')).toBe('200 ok')
  })

  it('has its place again after a visitor whose connection broke', async () => {
    asked = []
    await leave('/silent')
    expect(await visit('/m')).toBe('200 ok')
    expect(asked).toEqual(['silent', 'm'])
    const { inFlight } = JSON.parse((await visit('/metrics')).slice(4))
    expect(inFlight).toBe(0)
  })

  it('has a turn for who waits while another request computes for longer than a lease', async () => {
    asked = []
    const slow = visit('/slow')
    await until(() => asked.length > 0)
    const waiting = visit('/m')
    const computing = visit('/compute')
    expect(await Promise.all([slow, waiting, computing])).toEqual(Array(3).fill('200 ok'))
    expect(await visit('/m')).toBe('200 ok')
  })
})
