import { APIError } from './api-error.ts'

/** 5xx: the service failed. @example if (error instanceof ServerError) console.log(error.status) */
export class ServerError extends APIError {
  override name = 'ServerError'
}
