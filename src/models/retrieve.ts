import type { CallOptions, Client, ResultPromise } from '../client/client.ts'
import { readJson } from '../client/read-json.ts'
import { invalid } from '../errors/validation-error.ts'
import type { Model } from './types.ts'

/** One segment of a path. A dot or two, even encoded, would name another one. */
function segment(id: string): string {
  try {
    if (typeof id === 'string' && !/^\.{0,2}$/.test(id)) return encodeURIComponent(id)
  } catch {}
  throw invalid([{ path: 'model', message: 'is not an id' }])
}

/**
 * Tells of one model: `GET /models/{model}`. A slash in the id is sent as `%2F`.
 *
 * @throws {ValidationError} for an id that is no path segment: empty, `.` or `..`
 * @throws {NotFoundError} where the service does not have it
 * @see https://platform.openai.com/docs/api-reference/models/retrieve
 */
export function retrieveModel(client: Client, model: string, options?: CallOptions): ResultPromise<Model> {
  return client.request<Model>(
    { name: 'retrieveModel', path: () => `/models/${segment(model)}`, read: readJson },
    options,
  )
}
