import type { DecodeContext } from '../client/types.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { brokenOff } from '../wire/broken-off.ts'
import type { Json } from '../wire/names.ts'
import { readMessage } from './quirks.ts'
import type { ChatCompletion } from './types.ts'

/**
 * Reads a whole completion in the form that the types promise, whichever way the service answers.
 *
 * @throws {ProtocolError} for a completion without a choice
 * @throws {LLMError} for a choice that broke off, with the completion as `partial`
 */
export function readCompletion(json: unknown, { fail }: Pick<DecodeContext, 'fail'>): ChatCompletion {
  const { choices } = json as { readonly choices?: readonly Json[] }
  if (!choices?.length) throw new ProtocolError('The answer has no choices')
  choices.forEach((choice, index) => {
    const broken = brokenOff(choice)
    if (broken) fail(broken, json)
    const message = choice.message as Json
    choice.index ??= index
    message.role ??= 'assistant'
    readMessage(message)
    // What some services leave out of a tool call.
    ;((message.toolCalls ?? []) as Json[]).forEach((call, index) => {
      const inner = call.function as Json | undefined
      call.id ||= `call_${index}`
      call.type ||= inner ? 'function' : 'custom'
      if (inner) inner.arguments ||= '{}'
    })
  })
  return json as ChatCompletion
}
