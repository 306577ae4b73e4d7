import type { InputItem, ModelResponse } from './types.ts'

/**
 * Gives what a response said as input of the next request, for who keeps the conversation: its items as the service sent them.
 * Thoughts that the service cannot find again, of a response that it does not store and without `encryptedContent`, are left out:
 * it would refuse them.
 *
 * @example
 * const input: InputItem[] = [{ role: 'user', content: 'Hi' }]
 * const response = await createResponse(client, { model: 'gpt-5', input })
 * input.push(...toInputItems(response), { role: 'user', content: 'And now?' })
 */
export function toInputItems({ output, store }: ModelResponse): InputItem[] {
  const isLost = ({
    type,
    encryptedContent,
  }: {
    readonly type?: unknown
    readonly encryptedContent?: unknown
  }) => store === false && type === 'reasoning' && !encryptedContent
  return output.filter(item => !isLost(item)) as unknown as InputItem[]
}
