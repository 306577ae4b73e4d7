import type { CallOptions, Client, ResultPromise } from '../client/client.ts'
import { readJson } from '../client/read-json.ts'
import type { ModelList } from './types.ts'

/**
 * Lists the models of the service: `GET /models`.
 *
 * @see https://platform.openai.com/docs/api-reference/models/list
 */
export function listModels(client: Client, options?: CallOptions): ResultPromise<ModelList> {
  return client.request<ModelList>(
    {
      name: 'listModels',
      path: () => '/models',
      read: (response, context) => readJson(response, context, 'data'),
    },
    options,
  )
}
