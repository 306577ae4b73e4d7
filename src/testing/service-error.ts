interface Details {
  type?: string
  param?: string | null
  code?: string | null
}

/** A refusal by the fake service; {@link ServiceError.body} is what goes over the wire. */
export class ServiceError extends Error {
  override readonly name: string = 'ServiceError'
  readonly status: number
  readonly body: { error: { message: string; type: string; param: string | null; code: string | null } }

  constructor(status: number, message: string, details: Details = {}) {
    super(message)
    this.status = status
    const { type = 'invalid_request_error', param = null, code = null } = details
    this.body = { error: { message, type, param, code } }
  }
}

/** Throws the 400 that names `param`. */
export function refuse(message: string, param: string | null, code = 'invalid_value'): never {
  throw new ServiceError(400, message, { param, code })
}

const KNOWN: Record<number, readonly [message: string, details: Details]> = {
  400: ['Invalid request.', { code: 'invalid_value' }],
  401: ['Incorrect API key provided.', { code: 'invalid_api_key' }],
  403: ['You are not allowed to do this.', { type: 'permission_error', code: 'permission_denied' }],
  404: ['Not found.', { code: 'not_found' }],
  408: ['Request timed out.', { type: 'timeout_error', code: 'request_timeout' }],
  409: ['The resource was changed by another request.', { type: 'conflict_error', code: 'conflict' }],
  413: ['Request too large.', { code: 'request_too_large' }],
  429: ['Rate limit reached for requests.', { type: 'requests', code: 'rate_limit_exceeded' }],
  503: ['The engine is currently overloaded, please try again later.', { type: 'server_error' }],
}

/** The error the service usually gives with `status`. */
export function usualError(status: number): ServiceError {
  const known = KNOWN[status]
  if (known) return new ServiceError(status, ...known)
  if (status < 500) return new ServiceError(status, `The request was refused with status ${status}.`)
  return new ServiceError(status, 'The server had an error while processing your request.', {
    type: 'server_error',
  })
}
