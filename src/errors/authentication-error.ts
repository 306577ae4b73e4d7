import { APIError } from './api-error.ts'

/** 401: the key is missing, wrong or expired. */
export class AuthenticationError extends APIError {
  override name = 'AuthenticationError'
}
