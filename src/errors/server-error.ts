import { APIError } from './api-error.ts'

/** 5xx: the service failed. */
export class ServerError extends APIError {
  override name = 'ServerError'
}
