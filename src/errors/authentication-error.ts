import { APIError } from './api-error.ts'

/** 401: the key is missing, wrong or expired. @example if (error instanceof AuthenticationError) await renewKey() */
export class AuthenticationError extends APIError {
  override name = 'AuthenticationError'
}
