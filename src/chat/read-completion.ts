import type { DecodeContext } from '../client/types.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { isObject, type Json } from '../wire/names.ts'
import { failureIn, readMessage } from './quirks.ts'
import type { ChatCompletion } from './types.ts'

/** Fills in what some services leave out of a tool call, as the fold of a stream does. */
function fillToolCalls(message: Json): void {
  const calls = Array.isArray(message.toolCalls) ? (message.toolCalls as Json[]) : []
  calls.forEach((call, index) => {
    call.id ||= `call_${index}`
    if (isObject(call.custom) && !call.function) call.type ||= 'custom'
    else if (isObject(call.function)) {
      call.type ||= 'function'
      call.function.arguments ||= '{}'
    }
  })
}

/**
 * Reads a whole completion in the form that the types promise, whichever way the service answers.
 *
 * @throws {ProtocolError} for a completion without a choice, or a choice without a message
 * @throws {LLMError} for a choice that broke off, with the completion as `partial`
 */
export function readCompletion(json: unknown, { fail }: Pick<DecodeContext, 'fail'>): ChatCompletion {
  const { choices } = Object(json)
  // The client tells of an answer that has none.
  if (!Array.isArray(choices)) return json as ChatCompletion
  if (!choices.length) throw new ProtocolError('The answer has no choices')
  choices.forEach((choice, index) => {
    const broken = failureIn(Object(choice))
    if (!isObject(choice?.message)) {
      if (broken) fail(broken)
      throw new ProtocolError('A choice has no message')
    }
    choice.index ??= index
    const message: Json = choice.message
    message.role ??= 'assistant'
    readMessage(message)
    fillToolCalls(message)
    if (broken) fail(broken, json)
  })
  return json as ChatCompletion
}
