import { APIError } from './api-error.ts'

/** 409: the resource is in another state. */
export class ConflictError extends APIError {
  override name = 'ConflictError'
}
