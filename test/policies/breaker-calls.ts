import { type CircuitOpenError, ConnectionError, type FetchInit, type Policy } from '../../src/index.ts'
import { deferred } from '../client/harness.ts'

/** How a call ends. */
export const OUTCOMES = [
  'answered',
  'refused',
  'overloaded',
  'cut',
  'bad request',
  'too many',
  'aborted',
  'left',
] as const
export type Outcome = (typeof OUTCOMES)[number]

const STATUSES: { readonly [outcome in Outcome]?: number } = {
  overloaded: 503,
  'bad request': 400,
  'too many': 429,
}

/** A call that went out, whose end the test decides. */
export interface StartedCall {
  /** Sends the headers of a good answer. */
  headers(): Promise<void>
  end(outcome: Outcome): Promise<void>
}

/** Reads a body to its end. Not by `text()`: workerd calls an error unhandled there although it is handled. */
export async function drain({ body }: Response): Promise<void> {
  const reader = body!.getReader()
  while (!(await reader.read()).done);
}

/** Starts a call through a policy; an answer is read, or left, as its outcome says. */
export async function startCall(
  policy: Policy,
  url: string,
  init: FetchInit,
  onRequest: () => void,
): Promise<StartedCall | CircuitOpenError> {
  const { signal, abort } = abortable()
  const answer = deferred<Response>()
  const { response, close, fail } = openResponse()
  let sent = false
  const fetch = policy(() => {
    onRequest()
    sent = true
    return answer.promise
  })
  const call = fetch(url, { ...init, signal })
  const refusal = call.then(
    () => undefined,
    error => error as unknown,
  )
  if (!sent) return (await refusal) as CircuitOpenError

  async function headers(): Promise<void> {
    answer.resolve(response)
    await call
  }

  async function end(outcome: Outcome): Promise<void> {
    const status = STATUSES[outcome]
    if (status) answer.resolve(new Response('', { status }))
    else if (outcome === 'refused') answer.reject(new ConnectionError('refused'))
    else if (outcome === 'aborted') answer.reject(abort())
    else await headers()
    if (outcome === 'answered') close()
    if (outcome === 'cut') fail(new ConnectionError('cut'))
    await call.then(outcome === 'left' ? ({ body }) => body!.cancel() : drain).catch(() => {})
  }

  return { headers, end }
}

function abortable(): { signal: AbortSignal; abort: () => unknown } {
  const controller = new AbortController()
  const abort = () => {
    controller.abort()
    return controller.signal.reason
  }
  return { signal: controller.signal, abort }
}

/** A response with headers and, for now, no more. */
function openResponse(): { response: Response; close: () => void; fail: (error: unknown) => void } {
  let controller!: ReadableStreamDefaultController<Uint8Array>
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given
    },
  })
  return {
    response: new Response(body),
    close: () => controller.close(),
    fail: error => controller.error(error),
  }
}
