import { APIError } from './api-error.ts'

/** 403: the key may not do this. @example if (error instanceof PermissionError) console.log(error.code) */
export class PermissionError extends APIError {
  override name = 'PermissionError'
}
