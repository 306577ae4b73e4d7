import { parseBody, readRequestBody } from './json.ts'
import { createModel } from './model.ts'
import type { FakeModelOptions, FakeRequest } from './types.ts'

/** A `fetch` that a fake model answers, in the same process: no server, no network, the same answer every time. */
export interface FakeFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>
  /** Every request received, the oldest first. The list is live. */
  readonly requests: FakeRequest[]
  /** Forgets the requests, and begins the lists of faults and replies and the request ids again. */
  reset: () => void
}

/**
 * Creates a `fetch` to test your own code with: hand it to a client, or to anything that takes a `fetch`. It answers
 * `POST …/chat/completions` and `POST …/responses` (streams, tools, JSON schemas, background), embeddings, models, images, speech,
 * transcriptions, moderations and files under any host and prefix, refuses what the real service refuses, and can be told to fail in
 * every way a service fails.
 *
 * Like the real one it rejects with the signal's reason when aborted, before the headers and in mid stream, and sends a body
 * only as fast as it is read. It rejects with a `TypeError` for a `reset` fault, and with what your own `reply` or `faults` threw.
 *
 * @example
 * const fetch = createFakeFetch({ faults: [{ status: 429 }] })
 * await fetch('https://api.example.com/v1/models') // 429 the first time, then 200
 * fetch.requests.length // 1
 */
export function createFakeFetch(options: FakeModelOptions = {}): FakeFetch {
  const model = createModel(options)
  async function fakeFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const inherited = typeof input === 'object' && 'signal' in input ? input.signal : undefined
    const signal = (init.signal === undefined ? inherited : init.signal) ?? undefined
    // Without the signal: a Request would follow it, with a listener that goes only when the Request is collected.
    const request = new Request(input, { ...init, signal: null })
    signal?.throwIfAborted()
    const type = request.headers.get('content-type') ?? undefined
    // Reading a text that is at hand would delay the record of the request for no reason.
    const sent =
      typeof init.body === 'string'
        ? parseBody(init.body)
        : await readRequestBody(await request.arrayBuffer(), type)
    signal?.throwIfAborted()
    const { status, headers, body } = await model.exchange(record(request, sent), signal)
    signal?.throwIfAborted()
    const response = new Response(body, { status, headers })
    Object.defineProperty(response, 'url', { value: request.url })
    return response
  }
  return Object.assign(fakeFetch, { requests: model.requests, reset: model.reset })
}

function record({ method, url, headers }: Request, body: unknown): FakeRequest {
  const path = new URL(url).pathname
  return { method, url, path, headers: Object.fromEntries(headers), body, aborted: false }
}
