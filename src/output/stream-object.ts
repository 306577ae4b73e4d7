import { streamChatCompletion } from '../chat/stream.ts'
import type { ChatCompletion, ChatCompletionRequest } from '../chat/types.ts'
import type { Client } from '../client/client.ts'
import { chatEvents } from '../tools/events.ts'
import type { ObjectOptions, ParsedCompletion } from './object-options.ts'
import { parseObject } from './parse-object.ts'
import { createPartialJson } from './partial-json.ts'
import type { DeepPartial, Schema } from './schema.ts'
import { withFormat } from './with-format.ts'
import { type WorkStream, workStream } from './work-stream.ts'

/** An object while it streams. The last result of `next()` holds the checked completion. */
export type ObjectStream<T> = WorkStream<DeepPartial<T>, ParsedCompletion<T>>

export function streamObject<T>(
  client: Client,
  request: ChatCompletionRequest,
  schema: Schema<T>,
  options: ObjectOptions = {},
): ObjectStream<T> {
  const { mode, name, strict, signal: outer, ...callOptions } = options
  const format = { mode, name, strict }
  return workStream(outer, async (signal, emit) => {
    const completion = await withFormat(client, request, schema, format, async sent => {
      const json = createPartialJson()
      let whole: ChatCompletion | undefined
      for await (const event of chatEvents(streamChatCompletion(client, sent, { ...callOptions, signal }))) {
        if (event.type === 'end') whole = event.completion
        else if (event.type === 'text' && json.add(event.delta)) await emit(json.value as DeepPartial<T>)
      }
      return whole!
    })
    return { ...completion, parsed: await parseObject(completion, schema, format) }
  })
}
