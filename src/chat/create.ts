import type { CallOptions, Client, ResultPromise } from '../client/client.ts'
import { readJson } from '../client/read-json.ts'
import type { ChatCompletion, ChatCompletionRequest } from './types.ts'

/**
 * Asks for a chat completion and waits for the whole answer: `POST /chat/completions`.
 *
 * @throws {ValidationError} for a request that cannot be sent, or that the service finds bad
 * @throws {LLMError} of the class that tells what failed
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
export function createChatCompletion(
  client: Client,
  request: ChatCompletionRequest,
  options?: CallOptions,
): ResultPromise<ChatCompletion> {
  return client.request<ChatCompletion>(
    {
      name: 'createChatCompletion',
      path: () => '/chat/completions',
      body: request,
      read: (response, context) => readJson(response, context, 'choices'),
    },
    options,
  )
}
