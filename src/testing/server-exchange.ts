import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { parseBody } from './json.ts'
import { ConnectionBroken, type Exchange, type Model } from './model.ts'
import { corsHeaders } from './server-cors.ts'
import { usualError } from './service-error.ts'
import type { FakeRequest } from './types.ts'

/** Reads one request, has the model answer it, and sends the answer only as fast as the client takes it. */
export async function serve(
  model: Model,
  origin: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const record = await read(request, origin)
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
    const { error: usual } = usualError(500).body
    const body = JSON.stringify({ error: { ...usual, message: String(error) } })
    return { status: 500, headers: { 'content-type': 'application/json' }, body: new Response(body).body }
  }
}

async function read(request: IncomingMessage, origin: string): Promise<FakeRequest> {
  const pieces: Uint8Array[] = []
  for await (const piece of request) pieces.push(piece as Uint8Array)
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
    body: parseBody(Buffer.concat(pieces).toString()),
    aborted: false,
  }
}

async function send({ status, headers, body }: Exchange, response: ServerResponse): Promise<void> {
  response.writeHead(status, { ...headers, ...corsHeaders })
  response.flushHeaders()
  const reader = body?.getReader()
  try {
    for (;;) {
      const result = await reader?.read()
      if (!result || result.done) break
      if (!response.write(result.value)) await drained(response)
    }
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
