import { chatEvents } from '../chat/chat-events.ts'
import { streamChatCompletion } from '../chat/stream.ts'
import type { ChatCompletion, ChatCompletionRequest } from '../chat/types.ts'
import type { Client } from '../client/types.ts'
import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import type { ObjectOptions, ParsedCompletion } from './object-options.ts'
import { parseObject } from './parse-object.ts'
import { createPartialJson } from './partial-json.ts'
import type { DeepPartial, Schema } from './schema.ts'
import { withFormat } from './with-format.ts'
import { type WorkStream, workStream } from './work-stream.ts'

/**
 * An object while it streams. Each value is the same object, grown: copy what you keep. Nothing in it has been checked; strings may
 * end anywhere, numbers are whole.
 */
export interface ObjectStream<T> extends WorkStream<DeepPartial<T>, ParsedCompletion<T>> {
  /** Reads to the end, unless that has been done, and gives the completion with the checked object. */
  completion(): Promise<ParsedCompletion<T>>
}

/**
 * Asks for an object, and shows it as it grows, arrays element by element. At the end it is checked: `completion()` has it, as
 * has the last result of `next()`. It begins when it is read, and leaving the loop ends the request.
 * @param schema any Standard Schema that tells its JSON Schema
 * @throws {OutputError} where the answer is not such an object; `code` says why, `completion` holds the answer
 * @throws {ValidationError} where the service refuses `response_format`: see `mode`
 * @throws {LLMError} what ended the stream early, with the completion so far as `partial`
 * @example
 * const stream = streamObject(client, { model: 'gpt-4.1', messages }, Person)
 * for await (const person of stream) show(person.name ?? '')
 * const { parsed, usage } = await stream.completion()
 */
export function streamObject<T>(
  client: Client,
  request: ChatCompletionRequest,
  schema: Schema<T>,
  options: ObjectOptions = {},
): ObjectStream<T> {
  const { mode, name, strict, signal: outer, ...callOptions } = options
  const format = { mode, name, strict }
  const stream = workStream<DeepPartial<T>, ParsedCompletion<T>>(outer, async (signal, emit) => {
    const completion = await withFormat(
      client,
      request,
      schema,
      format,
      { ...callOptions, signal },
      async (sent, sentOptions) => {
        const json = createPartialJson()
        let whole: ChatCompletion
        for await (const event of chatEvents(streamChatCompletion(client, sent, sentOptions)))
          if (event.type === 'end') whole = event.completion
          else if (event.type === 'text' && json.add(event.delta)) await emit(json.value as DeepPartial<T>)
        return whole!
      },
    )
    return { ...completion, parsed: await parseObject(completion, schema, format) }
  })
  return {
    ...stream,
    async completion() {
      let result = await stream.next()
      while (!result.done) result = await stream.next()
      if (!result.value) throw new IncompleteStreamError('The stream was left before its end')
      return result.value
    },
  }
}
