import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { readRequestBody } from './json.ts'
import { ConnectionBroken, type Exchange, type Model } from './model.ts'
import { corsHeaders } from './server-cors.ts'
import { ServiceError, usualError } from './service-error.ts'
import type { FakeRequest } from './types.ts'

/** The largest body that is read, in bytes. A request with images or files stays below it with real services too. */
const MAX_BODY = 64 * 2 ** 20

/** Reads one request, has the model answer it, and sends the answer only as fast as the client takes it. */
export async function serve(
  model: Model,
  origin: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const bytes = await readBytes(request)
  if (bytes === undefined) return send(toExchange(usualError(413)), response)
  const record = toRecord(request, origin, await readRequestBody(bytes, request.headers['content-type']))
  const gone = new AbortController()
  response.once('close', () => {
    if (response.writableFinished) return
    record.aborted = true
    gone.abort(new Error('The client disconnected.'))
  })
  await send(await answer(model, record, gone.signal), response)
}

/** A bug in the user's `reply` or `faults` is told to the client, which is where the user looks. */
async function answer(model: Model, record: FakeRequest, signal: AbortSignal): Promise<Exchange> {
  try {
    return await model.exchange(record, signal)
  } catch (error) {
    if (signal.aborted || error instanceof ConnectionBroken) throw error
    return toExchange(new ServiceError(500, String(error), { type: 'server_error' }))
  }
}

function toExchange({ status, body }: ServiceError): Exchange {
  const { body: stream } = new Response(JSON.stringify(body))
  return { status, headers: { 'content-type': 'application/json' }, body: stream }
}

/** The body; `undefined` when it is too large. Reads to the end then too: a client that still sends hears no answer. */
async function readBytes(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    size += piece.length
    if (size <= MAX_BODY) pieces.push(piece)
    else pieces.length = 0
  }
  return size > MAX_BODY ? undefined : new Uint8Array(Buffer.concat(pieces))
}

function toRecord(request: IncomingMessage, origin: string, body: unknown): FakeRequest {
  const url = `${origin}${request.url ?? '/'}`
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    [value ?? ''].flat().join(', '),
  ])
  return {
    method: request.method ?? 'GET',
    url,
    path: new URL(url).pathname,
    headers: Object.fromEntries(headers),
    body,
    aborted: false,
  }
}

async function send({ status, headers, body }: Exchange, response: ServerResponse): Promise<void> {
  response.writeHead(status, { ...headers, ...corsHeaders })
  response.flushHeaders()
  const reader = body?.getReader()
  let missing = Number(headers['content-length'] ?? 0)
  try {
    for (;;) {
      const result = await reader?.read()
      if (!result || result.done) break
      missing -= result.value.length
      if (!response.write(result.value)) await drained(response)
    }
    // A client would wait for the rest of what was promised.
    if (missing > 0) throw new ConnectionBroken()
  } catch {
    // Flushes first: a client is to get what was sent before the connection broke.
    const socket = response.socket as (Socket & { destroySoon: () => void }) | null
    socket?.destroySoon()
    return
  }
  response.end()
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.once('drain', done).once('close', done)
  })
}
