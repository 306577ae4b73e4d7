import type { CallOptions, Client, DecodeContext, ResultPromise } from '../client/types.ts'
import type { Json } from '../wire/names.ts'
import { VERBATIM } from './rules.ts'
import type { CreateResponse, ModelResponse } from './types.ts'

/** Throws the error of a response that failed, with what there is of it. */
function readCreated(json: unknown, { fail }: DecodeContext): ModelResponse {
  const { error, output } = json as Json
  if (error) fail({ error }, output && json)
  return json as ModelResponse
}

/**
 * Asks for a response and waits for the whole of it: `POST /responses`. With `background: true` it comes at once, and is then to
 * be asked for with `getResponse`.
 *
 * @throws {ValidationError} for a request that cannot be sent, or that the service finds bad
 * @throws {LLMError} of the class that tells what failed; with the response as `partial` where it is one that failed
 * @see https://platform.openai.com/docs/api-reference/responses/create
 * @example
 * const response = await createResponse(client, { model: 'gpt-5', input: 'Hi' })
 * outputText(response)
 */
export function createResponse(
  client: Client,
  request: CreateResponse,
  options?: CallOptions,
): ResultPromise<ModelResponse> {
  return client.request<ModelResponse>(
    {
      name: 'createResponse',
      route: 'POST /responses',
      body: request,
      list: 'output',
      ownError: true,
      verbatim: VERBATIM,
      decode: readCreated,
    },
    options,
  )
}
