import type { CallOptions, Client, ResultPromise } from '../client/types.ts'
import { readCompletion } from './read-completion.ts'
import type { ChatCompletion, ChatCompletionRequest } from './types.ts'

/**
 * Asks for a chat completion and waits for the whole answer: `POST /chat/completions`.
 * @throws {ValidationError} for a request that cannot be sent, or that the service finds bad
 * @throws {LLMError} of the class that tells what failed
 * @see https://platform.openai.com/docs/api-reference/chat/create
 * @example
 * const completion = await createChatCompletion(client, {
 *   model: 'gpt-4.1',
 *   messages: [{ role: 'user', content: 'Hi' }],
 * })
 * completion.choices[0].message.content
 */
export function createChatCompletion(
  client: Client,
  request: ChatCompletionRequest,
  options?: CallOptions,
): ResultPromise<ChatCompletion> {
  return client.request<ChatCompletion>(
    {
      name: 'createChatCompletion',
      route: 'POST /chat/completions',
      body: request,
      list: 'choices',
      decode: readCompletion,
    },
    options,
  )
}
