import { jsonSchemaOf } from '../output/json-schema-of.ts'
import { parseJsonAs } from '../output/parse-json-as.ts'
import type { JsonSchema, Schema } from '../output/schema.ts'
import { strictSchema } from '../output/strict-schema.ts'
import { isObject } from '../wire/names.ts'
import { plainArguments } from './call-arguments.ts'
import { RUNNER, type RunnableTool, type ToolOptions } from './types.ts'

/** Takes what a tool without `input` takes. */
const anyObject: Schema<unknown> = {
  '~standard': {
    validate: value =>
      isObject(value) && !Array.isArray(value) ? { value } : { issues: [{ message: 'must be an object' }] },
  },
}

/**
 * Makes a tool: what goes over the wire, and, hidden in it, how to check and run a call. It goes wherever tools go: into
 * `runTools` and `streamTools`, into a builder, or into `createChatCompletion`, which leaves its calls to you.
 * @throws {ConfigurationError} where `input` does not tell its JSON Schema and there are no `parameters`
 * @example
 * const weather = tool({
 *   name: 'get_weather',
 *   description: 'The weather in a city',
 *   input: z.object({ city: z.string() }),
 *   execute: ({ city }, { signal }) => fetch(`https://weather.example/${city}`, { signal }).then(r => r.json()),
 * })
 */
export function tool<Input = { [key: string]: unknown }>(options: ToolOptions<Input>): RunnableTool<Input> {
  const { name, description, input, parameters, strict, ...how } = options
  const given: JsonSchema | undefined = parameters ?? (input && jsonSchemaOf(input))
  // Of a tool without input there is nothing to hold the model to, and not every service takes `strict`.
  const closed = given && strict !== false ? strictSchema(given, strict) : undefined
  return {
    type: 'function',
    function: {
      name,
      description,
      // Services insist on both, which a schema of any object, or a choice of objects, may lack.
      parameters: { type: 'object', properties: {}, ...(closed ?? given) },
      ...(closed && { strict: true }),
    },
    [RUNNER]: {
      ...how,
      parse: json =>
        parseJsonAs(plainArguments(json), (input ?? anyObject) as Schema<Input>, strict ? closed : undefined),
    },
  }
}
