import type { CallOptions, Client, ResultPromise } from '../client/types.ts'
import type { Model } from './types.ts'

/**
 * Tells of one model: `GET /models/{model}`. A slash in the id is sent as `%2F`.
 *
 * @throws {ValidationError} for an id that is no path segment: empty, `.` or `..`
 * @throws {NotFoundError} where the service does not have it
 * @see https://platform.openai.com/docs/api-reference/models/retrieve
 * @example
 * const { ownedBy } = await retrieveModel(client, 'gpt-4.1')
 */
export function retrieveModel(client: Client, model: string, options?: CallOptions): ResultPromise<Model> {
  return client.request<Model>(
    { name: 'retrieveModel', route: 'GET /models/{model}', parts: [model], text: 'id' },
    options,
  )
}
