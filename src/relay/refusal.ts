import { isLLMError } from '../errors/llm-error.ts'

/** What is told of a failure besides its code and message. */
export interface RefusalDetails {
  /** The member of the body that is meant. */
  readonly param?: string | undefined
  readonly type?: string | undefined
  readonly headers?: { readonly [name: string]: string } | undefined
  /** The class that the failure has for a client of this library, where its status does not tell. */
  readonly name?: string | undefined
  readonly phase?: string | undefined
}

const TYPES: { readonly [status: number]: string } = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
}

/** The word that the API has for a failure of this status. */
function typeOf(status: number): string {
  return TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error')
}

/**
 * A failure that the visitor is told of: as an answer of its own, or in mid stream. Its message is for the visitor and names nothing
 * of the account.
 */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly details: RefusalDetails

  constructor(status: number, code: string, message: string, details: RefusalDetails = {}) {
    super(message)
    this.status = status
    this.code = code
    this.details = details
  }

  /** What is told, in the shape of the API's own errors. */
  toJSON(): object {
    const { headers, type = typeOf(this.status), param = null, ...more } = this.details
    return { message: this.message, type, code: this.code, param, ...more }
  }

  toResponse(): Response {
    return Response.json({ error: this }, { status: this.status, headers: this.details.headers ?? {} })
  }
}

/** Makes the failure of a stream that ended before its end. */
export function incomplete(code: string, message: string): Refusal {
  return new Refusal(410, code, message, { name: 'IncompleteStreamError', type: 'server_error' })
}

/** Tells whether a request was ended by the wish of its user: by whoever left, or stopped it. */
export function wishIn(error: unknown): 'left' | 'stopped' | undefined {
  const { code } = Object(error)
  return code === 'left' || code === 'stopped' ? code : undefined
}

/**
 * Makes the event that tells a reader of a failure. What a platform's `fetch` throws in mid stream is a cut: its text is about
 * the line to the service.
 */
export function errorEvent(error: unknown): string {
  let told: object = error as Refusal
  if (!(error instanceof Refusal)) {
    const { name, code = null, phase, message }: { [name: string]: unknown } = Object(error)
    const isCut = !isLLMError(error) || name === 'ConnectionError'
    told = isCut
      ? incomplete('upstream_cut', 'The service broke off')
      : { message, type: name, code, param: null, name, phase }
  } else if (!error.details.name) told = { ...error.toJSON(), status: error.status }
  return `event: error\ndata: ${JSON.stringify({ error: told })}\n\n`
}
