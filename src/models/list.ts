import type { CallOptions, Client, ResultPromise } from '../client/types.ts'
import type { ModelList } from './types.ts'

/** Together and GitHub Models answer a bare list. */
function readModels(json: unknown): ModelList {
  return Array.isArray(json) ? { object: 'list', data: json } : (json as ModelList)
}

/**
 * Lists the models of the service: `GET /models`.
 * @see https://platform.openai.com/docs/api-reference/models/list
 * @example
 * const { data } = await listModels(client)
 * data.map(model => model.id)
 */
export function listModels(client: Client, options?: CallOptions): ResultPromise<ModelList> {
  return client.request<ModelList>(
    { name: 'listModels', route: 'GET /models', list: 'data', decode: readModels },
    options,
  )
}
