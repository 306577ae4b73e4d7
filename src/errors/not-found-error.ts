import { APIError } from './api-error.ts'

/** 404: no such model or path. @example if (error instanceof NotFoundError) console.log(await listModels(client)) */
export class NotFoundError extends APIError {
  override name = 'NotFoundError'
}
