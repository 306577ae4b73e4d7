import {
  APIError,
  AuthenticationError,
  CircuitOpenError,
  ConfigurationError,
  ConflictError,
  ConnectionError,
  ContentFilterError,
  IncompleteStreamError,
  LimitError,
  LLMError,
  NotFoundError,
  PermissionError,
  ProtocolError,
  QueueFullError,
  RateLimitError,
  ServerError,
  type ServiceErrorDetails,
  TimeoutError,
  ValidationError,
} from '../../src/index.ts'

const headers = new Headers({ 'x-request-id': 'req_1', 'set-cookie': 'session=hidden' })
/** What a service said, with what must not be logged. */
export const service: ServiceErrorDetails = { status: 418, headers, body: { hidden: true } }

/** One of each class, with its name and its parent. */
export const errors: readonly [name: string, error: LLMError, parent: unknown][] = [
  ['LLMError', new LLMError('m'), Error],
  ['ConfigurationError', new ConfigurationError('m'), LLMError],
  ['ValidationError', new ValidationError('m', { issues: [] }), LLMError],
  ['APIError', new APIError('m', service), LLMError],
  ['AuthenticationError', new AuthenticationError('m', service), APIError],
  ['PermissionError', new PermissionError('m', service), APIError],
  ['NotFoundError', new NotFoundError('m', service), APIError],
  ['ConflictError', new ConflictError('m', service), APIError],
  ['RateLimitError', new RateLimitError('m', service), APIError],
  ['ServerError', new ServerError('m', service), APIError],
  ['ContentFilterError', new ContentFilterError('m', service), APIError],
  ['ConnectionError', new ConnectionError('m'), LLMError],
  ['TimeoutError', new TimeoutError('m', { phase: 'idle' }), LLMError],
  ['ProtocolError', new ProtocolError('m'), LLMError],
  ['IncompleteStreamError', new IncompleteStreamError('m'), LLMError],
  ['LimitError', new LimitError('m'), LLMError],
  ['CircuitOpenError', new CircuitOpenError('m', { retryAt: 5 }), LLMError],
  ['QueueFullError', new QueueFullError('m'), LLMError],
]
