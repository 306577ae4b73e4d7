import { routeOf } from '../client/parts.ts'
import type { CallOptions, Client, ResultPromise } from '../client/types.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import type { Model } from './types.ts'

/** Some gateways answer the list, whatever is asked for. */
function readModel(json: unknown): Model {
  if (typeof Object(json).id !== 'string') throw new ProtocolError('The answer has no id')
  return json as Model
}

/**
 * Tells of one model: `GET /models/{model}`. A slash in the id is sent as `%2F`.
 * @throws {ValidationError} for an id that is no path segment: empty, `.` or `..`
 * @throws {NotFoundError} where the service does not have it
 * @see https://platform.openai.com/docs/api-reference/models/retrieve
 * @example
 * const { ownedBy } = await retrieveModel(client, 'gpt-4.1')
 */
export function retrieveModel(client: Client, model: string, options?: CallOptions): ResultPromise<Model> {
  return client.request<Model>(
    () => ({ name: 'retrieveModel', route: routeOf('GET /models/{model}', [model]), decode: readModel }),
    options,
  )
}
