import type { ChatCompletionRequest, Message } from '../chat/types.ts'
import { nthOptions } from '../client/nth-options.ts'
import type { CallOptions, Client } from '../client/types.ts'
import { ValidationError, type ValidationErrorDetails } from '../errors/validation-error.ts'
import { jsonSchemaOf } from './json-schema-of.ts'
import { objectFormat } from './object-format.ts'
import type { ObjectAsk } from './object-options.ts'
import type { Schema } from './schema.ts'

/** The models of each client that have refused a JSON Schema. */
const refusals: WeakMap<Client, Set<string>> = /* @__PURE__ */ new WeakMap()

/** Tells the model the schema, where the service does not. */
function instruct(messages: readonly Message[], schema: Schema<unknown>): readonly Message[] {
  const text = `Answer with JSON alone, as this JSON schema has it: ${JSON.stringify(jsonSchemaOf(schema))}`
  const [first, ...rest] = messages
  // Some services take one system message, and only as the first.
  return /^(sys|dev)/.test(`${first?.role}`) && typeof first?.content === 'string'
    ? [{ ...first, content: `${first.content}\n\n${text}` } as Message, ...rest]
    : [{ role: 'system', content: text }, ...messages]
}

/** The service's refusal of `response_format`, not of what is wrong in the schema. */
function isFormatRefusal(error: unknown): error is ValidationError {
  if (!(error instanceof ValidationError && error.status)) return false
  const said = `${error.param} ${error.message}`
  return /response.?format|json.?schema/i.test(said) && !/invalid schema/i.test(said)
}

/**
 * Sends a request in a way that asks for an object: as `mode` says, or, with `'auto'`, as the client's service takes it for this
 * model.
 */
export async function withFormat<T>(
  client: Client,
  request: ChatCompletionRequest,
  schema: Schema<unknown>,
  { mode = 'json_schema', ...format }: ObjectAsk,
  options: CallOptions,
  send: (request: ChatCompletionRequest, options: CallOptions) => Promise<T>,
): Promise<T> {
  const { model, messages } = request
  const refused = refusals.get(client) ?? new Set()
  const isAuto = mode === 'auto'
  if (isAuto ? !refused.has(model) : mode === 'json_schema')
    try {
      return await send({ ...request, responseFormat: objectFormat(schema, format) }, options)
    } catch (error) {
      if (!isFormatRefusal(error)) throw error
      if (!isAuto)
        throw new ValidationError(`${error.message} (try mode: 'json_object')`, {
          ...(error as ValidationErrorDetails),
          cause: error,
        })
    }
  const responseFormat = mode === 'prompt' ? request.responseFormat : { type: 'json_object' }
  const answer = await send(
    { ...request, messages: instruct(messages, schema), responseFormat },
    nthOptions(options, isAuto ? mode : 0),
  )
  if (isAuto) refusals.set(client, refused.add(model))
  return answer
}
