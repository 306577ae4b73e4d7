import { createChatCompletion } from '../chat/create.ts'
import type { ChatCompletion, ChatCompletionRequest, Message, Usage } from '../chat/types.ts'
import { nthOptions } from '../client/nth-options.ts'
import type { Client } from '../client/types.ts'
import { OutputError } from '../errors/output-error.ts'
import { addUsage } from './add-usage.ts'
import { describeIssues } from './describe-issues.ts'
import type { ObjectOptions, ParsedCompletion } from './object-options.ts'
import { parseObject } from './parse-object.ts'
import type { Schema } from './schema.ts'
import { withFormat } from './with-format.ts'

/** Settings of {@link generateObject}. */
export interface GenerateObjectOptions extends ObjectOptions {
  /** How often an answer that is no JSON, or does not fit, may be sent back to be mended. Each time costs a call. @default 0 */
  readonly repairs?: number | undefined
}

/**
 * Asks for an object, and checks it: `parsed` is what the schema made of it.
 * @param schema any Standard Schema that tells its JSON Schema
 * @throws {OutputError} where the answer is not such an object; `code` says why, `completion` holds the answer
 * @throws {ValidationError} where the service refuses `response_format`: see `mode`
 * @throws {LLMError} of the class that tells what failed
 * @example
 * const Person = z.object({ name: z.string(), age: z.number() })
 * const { parsed } = await generateObject(client, { model: 'gpt-4.1', messages }, Person)
 */
export async function generateObject<T>(
  client: Client,
  request: ChatCompletionRequest,
  schema: Schema<T>,
  options: GenerateObjectOptions = {},
): Promise<ParsedCompletion<T>> {
  const { mode, name, strict, repairs = 0, ...callOptions } = options
  const format = { mode, name, strict }
  let messages: readonly Message[] = request.messages
  let usage: Usage | null | undefined
  for (let left = repairs; ; left--) {
    const completion: ChatCompletion = await withFormat(
      client,
      { ...request, messages },
      schema,
      format,
      nthOptions(callOptions, repairs - left),
      (sent, sentOptions) => createChatCompletion(client, sent, sentOptions),
    )
    if (completion.usage) usage = addUsage(usage, completion.usage)
    try {
      return { ...completion, parsed: await parseObject(completion, schema, format), ...(usage && { usage }) }
    } catch (error) {
      const isBroken = error instanceof OutputError && /^(NOT_JSON|SCHEMA)$/.test(error.code)
      const message = completion.choices[0]?.message
      // Calls of tools would stay unanswered.
      if (!(left > 0) || !isBroken || !message || message.toolCalls?.length) throw error
      const content = `Wrong: ${describeIssues(error.issues)}. Answer again, with JSON alone.`
      messages = [...messages, message, { role: 'user', content }]
    }
  }
}
