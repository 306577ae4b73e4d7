// Errors in words that a page may read. A service's own words, and those about how it is reached, may name internal hosts.

/** Errors caused by the page's own request or by the moment. The service's words help there. */
const OPEN = ['ValidationError', 'RateLimitError', 'ContentFilterError']

/** The words for all other errors. The operator finds the original ones in the Worker's log. */
const WORDS = {
  ValidationError: 'The service does not take this request',
  RateLimitError: 'The service has had too many requests',
  ContentFilterError: 'The service refused the content',
  AuthenticationError: 'The service refused the key of the playground',
  PermissionError: 'The service refused the key of the playground',
  NotFoundError: 'The service does not know this model or this path',
  ServerError: 'The service failed',
  ConnectionError: 'The service cannot be reached',
  TimeoutError: 'The service took too long',
  ProtocolError: 'The service sent something that is no answer',
  IncompleteStreamError: 'The stream ended before its end',
  LimitError: 'The answer is too long',
  ConfigurationError: 'The playground is not set up: its log says what is missing',
}
const UNKNOWN = 'The service cannot answer now'

/** The service's own message, without addresses; undefined where it sent none, or a page of HTML. */
function wordsOf({ body }) {
  const told = Object(Array.isArray(body) ? body[0] : body)
  const { message = told.detail ?? told.error } = Object(told.error ?? told)
  if (typeof message !== 'string' || /^\s*</.test(message)) return undefined
  return message.replace(/\bhttps?:\/\/\S+|\b\d+(?:\.\d+){3}\b(?::\d+)?/gi, '[address]').slice(0, 500)
}

/** Returns the same error with words that a page may read, and logs the words that it leaves out. */
export function disclose(error) {
  const words = OPEN.includes(error.name) ? wordsOf(error) : undefined
  if (words === undefined) console.warn(`${error.name}: ${error.message}`)
  const message = { value: words ?? WORDS[error.name] ?? UNKNOWN }
  // The copy inherits all the rest, the class and its mark too.
  return Object.create(error, { message })
}

/** The status of errors that are no answer of the service. */
const STATUS = { ValidationError: 400, ConfigurationError: 500, TimeoutError: 504 }

/** Passes names on, but no sentences. */
const nameOf = value => (/^[\w.[\]-]{1,80}$/.test(value ?? '') ? value : undefined)

/** The error as the service would have sent it, so that the page's client makes the same typed error of it. */
export function toResponse(error) {
  const { name, message, retryable, retryAfter } = disclose(error)
  const status = error.status >= 400 ? error.status : (STATUS[name] ?? 502)
  const headers = { 'x-should-retry': `${retryable}` }
  if (retryAfter !== undefined) headers['retry-after-ms'] = `${retryAfter}`
  const { type = name, code, param } = error
  const told = { message, type: nameOf(type) ?? name, code: nameOf(code), param: nameOf(param) }
  return Response.json({ error: told }, { status, headers })
}
