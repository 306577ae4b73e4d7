import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import type { FakeServer } from '../../src/testing/server.ts'
import { root } from '../package/built.ts'

/** The variables of the playground's Worker. */
export type Bindings = { readonly [name: string]: string | undefined }

export interface Running {
  readonly url: string
  close(): Promise<void>
}

const load = (file: string) => import(join(root, 'examples/playground', file))

/** Starts the fake model of the playground. */
export async function startModel(chunkDelay: number): Promise<{ server: FakeServer; bindings: Bindings }> {
  return (await load('fake-model.mjs')).startFakeModel(chunkDelay)
}

export async function servePlayground(bindings: Bindings): Promise<Running> {
  return (await load('serve.mjs')).servePlayground(bindings)
}

/** Serves a playground of its own for as long as `use` works. */
export async function withPlayground<T>(bindings: Bindings, use: (url: string) => Promise<T>): Promise<T> {
  const running = await servePlayground(bindings)
  try {
    return await use(running.url)
  } finally {
    await running.close()
  }
}

export interface Sent {
  readonly method?: string
  /** Any: `fetch` would not let a test name a `host`. */
  readonly headers?: { readonly [name: string]: string }
  /** Pieces are sent one after the other, without a declared length. */
  readonly body?: string | readonly string[]
}

export interface Received {
  readonly status: number
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  readonly text: string
}

/** Sends a request as any program could, with whatever headers. */
export function send(url: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Received> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', piece => {
        text += piece
      })
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }))
    })
    request.on('error', reject)
    if (typeof body === 'string') request.setHeader('content-length', Buffer.byteLength(body))
    for (const piece of [body ?? []].flat()) request.write(piece)
    request.end()
  })
}
