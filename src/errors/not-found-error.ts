import { APIError } from './api-error.ts'

/** 404: no such model or path. */
export class NotFoundError extends APIError {
  override name = 'NotFoundError'
}
