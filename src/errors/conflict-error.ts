import { APIError } from './api-error.ts'

/** 409: the resource is in another state. @example if (error instanceof ConflictError) await reload() */
export class ConflictError extends APIError {
  override name = 'ConflictError'
}
