import { routeOf, toQuery } from '../client/parts.ts'
import type { WireNames } from '../client/shapes.ts'
import type { CallOptions, Client, ResultPromise } from '../client/types.ts'
import { VERBATIM } from './rules.ts'
import type { IncludeEnum, ModelResponse } from './types.ts'

export interface GetResponseQuery extends WireNames {
  /** What else the response is to hold. */
  readonly include?: readonly IncludeEnum[] | undefined
}

/**
 * Gives a response that was created before, in whichever state it is: `GET /responses/{responseId}`. One that failed is given as
 * it is, with its `error`.
 *
 * @param responseId the `id` of the response
 * @throws {NotFoundError} where the service does not have it, or has it no more
 * @see https://platform.openai.com/docs/api-reference/responses/get
 * @example
 * let response = await createResponse(client, { model, input, background: true })
 * while (response.status === 'queued' || response.status === 'in_progress') {
 *   await new Promise(resolve => setTimeout(resolve, 2000))
 *   response = await getResponse(client, response.id)
 * }
 */
export function getResponse(
  client: Client,
  responseId: string,
  request?: GetResponseQuery,
  options?: CallOptions,
): ResultPromise<ModelResponse> {
  return client.request<ModelResponse>(
    () => ({
      name: 'getResponse',
      route: routeOf('GET /responses/{responseId}', [responseId]),
      query: toQuery(request),
      list: 'output',
      ownError: true,
      verbatim: VERBATIM,
    }),
    options,
  )
}
