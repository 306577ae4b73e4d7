import { APIError } from './api-error.ts'

/** 403: the key may not do this. */
export class PermissionError extends APIError {
  override name = 'PermissionError'
}
