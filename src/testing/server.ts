import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createModel } from './model.ts'
import { preflightHeaders } from './server-cors.ts'
import { serve } from './server-exchange.ts'
import type { FakeModelOptions, FakeRequest } from './types.ts'

/** How {@link startFakeServer} behaves: the fake model's options, and where it listens. */
export interface FakeServerOptions extends FakeModelOptions {
  /** @default 0, which is any free port */
  port?: number | undefined
  /** @default '127.0.0.1' */
  hostname?: string | undefined
  /**
   * Names of further request headers a browser page of another origin may send. A preflight allows `authorization`,
   * `content-type`, `accept` and `x-fake-fault`, as a strict service would. @default none
   */
  corsHeaders?: readonly string[] | undefined
}

/** A running fake service. */
export interface FakeServer {
  /** The origin, as `http://127.0.0.1:40123`. */
  readonly url: string
  /** The `baseUrl` for a client: the origin and `/v1`. */
  readonly baseUrl: string
  /** Every request received, the oldest first, preflights left out. The list is live. */
  readonly requests: FakeRequest[]
  /** How many requests are being answered now. */
  readonly openRequests: number
  /** How many TCP connections have been accepted so far. */
  readonly connections: number
  /** Forgets the requests, and begins the lists of faults and replies and the request ids again. */
  reset: () => void
  /** Stops listening and destroys every connection. */
  close: () => Promise<void>
  [Symbol.asyncDispose]: () => Promise<void>
}

/**
 * Starts a real HTTP server that the fake model answers, for what only a real network can show: disconnects, backpressure,
 * browsers. Rejects with Node's error when it cannot listen there.
 *
 * @example
 * await using server = await startFakeServer()
 * const client = createClient({ baseUrl: server.baseUrl })
 */
export async function startFakeServer(options: FakeServerOptions = {}): Promise<FakeServer> {
  const { port = 0, hostname = '127.0.0.1', corsHeaders: extra = [] } = options
  const model = createModel(options)
  let open = 0
  let connections = 0
  const server = createServer((request, response) => {
    if (request.method === 'OPTIONS') {
      response.writeHead(204, preflightHeaders(extra)).end()
      return
    }
    open++
    response.once('close', () => open--)
    // Whatever breaks here is this one connection's end, never the server's.
    serve(model, origin, request, response).catch(() => response.destroy())
  })
  server.on('connection', () => connections++)
  await listen(server, port, hostname)
  const origin = `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${(server.address() as AddressInfo).port}`
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= new Promise(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
    return closing
  }
  return {
    url: origin,
    baseUrl: `${origin}/v1`,
    requests: model.requests,
    get openRequests() {
      return open
    },
    get connections() {
      return connections
    },
    reset: model.reset,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function listen(server: Server, port: number, hostname: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, hostname, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
