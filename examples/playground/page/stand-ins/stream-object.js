// Stands in for llmfetch's own `streamObject` until it has one.

import { streamChatCompletion } from 'llmfetch'
import { chatEvents } from './chat-events.js'
import { parsePartial } from './partial-json.js'

/**
 * Asks for an object of a schema, and yields what has arrived of it each time that it grows.
 *
 * @param schema a Standard Schema that knows its JSON Schema
 * @returns the completion, with the checked object as `parsed`
 */
export async function* streamObject(client, request, schema, options) {
  const { jsonSchema, validate } = schema['~standard']
  const format = { name: 'answer', schema: jsonSchema.input({ target: 'draft-2020-12' }) }
  const responseFormat = { type: 'json_schema', jsonSchema: format }
  const stream = streamChatCompletion(client, { ...request, responseFormat }, options)
  let text = ''
  let completion
  for await (const event of chatEvents(stream)) {
    if (event.type === 'end') completion = event.completion
    if (event.type !== 'text') continue
    text += event.delta
    const partial = parsePartial(text)
    if (partial !== undefined) yield partial
  }
  const { value, issues } = await validate(JSON.parse(text))
  if (issues) throw new Error(issues.map(({ message }) => message).join('; '))
  return { ...completion, parsed: value }
}
