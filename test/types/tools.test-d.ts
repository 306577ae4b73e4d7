import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import { Schema as Effect } from 'effect'
import * as v from 'valibot'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'
import {
  type ChatCompletion,
  type ChatCompletionRequest,
  ChatCompletionStream,
  type Client,
  chat,
  chatEvents,
  createChatCompletion,
  type DeepPartial,
  generateObject,
  type Message,
  type ObjectFormat,
  OutputError,
  type OutputErrorCode,
  objectFormat,
  type ParsedCompletion,
  parseObject,
  type RunnableTool,
  type RunToolsOptions,
  runTools,
  type Schema,
  streamChatCompletion,
  streamObject,
  streamTools,
  type Tool,
  type ToolCall,
  type ToolContent,
  type ToolContext,
  type ToolEvent,
  type ToolResult,
  type ToolRun,
  type ToolStep,
  textStream,
  tool,
  toolContent,
  toUIMessageResponse,
  type Usage,
  type ValidationIssue,
} from '../../src/index.ts'
import { type McpClient, mcpTools } from '../../src/mcp/index.ts'

declare const client: Client
declare const request: ChatCompletionRequest
declare const completion: ChatCompletion

// A tool knows the value of its input's schema, and not the schema: hovers stay short.
interface Query {
  city: string
  unit: 'c' | 'f'
}
const byZod = tool({
  name: 'get_weather',
  input: z.object({ city: z.string(), unit: z.enum(['c', 'f']) }),
  execute(input, context) {
    expectTypeOf(input).toEqualTypeOf<Query>()
    expectTypeOf(context).toEqualTypeOf<ToolContext>()
  },
})
expectTypeOf(byZod).toEqualTypeOf<RunnableTool<{ city: string; unit: 'c' | 'f' }>>()
expectTypeOf(tool({ name: 'w', input: type({ city: 'string', unit: "'c' | 'f'" }) })).toEqualTypeOf<
  RunnableTool<{ city: string; unit: 'c' | 'f' }>
>()
expectTypeOf(
  tool({
    name: 'w',
    input: toStandardJsonSchema(v.object({ city: v.string(), unit: v.picklist(['c', 'f']) })),
    execute: ({ unit }) => expectTypeOf(unit).toEqualTypeOf<'c' | 'f'>(),
  }),
).toEqualTypeOf<RunnableTool<{ city: string; unit: 'c' | 'f' }>>()
expectTypeOf(tool({ name: 'w', input: z.toJSONSchema(mini.object({ city: mini.string() })) })).toEqualTypeOf<
  RunnableTool<{ city: string }>
>()
expectTypeOf(
  tool({
    name: 'w',
    input: Effect.toStandardSchemaV1(
      Effect.toStandardJSONSchemaV1(
        Effect.Struct({ city: Effect.String, at: Effect.optionalKey(Effect.Finite) }),
      ),
    ),
  }),
).toEqualTypeOf<RunnableTool<{ readonly city: string; readonly at?: number }>>()

// What a schema makes of the input is what the tool gets, also later.
tool({
  name: 'w',
  input: z.object({ at: z.string().transform(text => new Date(text)) }),
  approve: ({ at }) => expectTypeOf(at).toEqualTypeOf<Date>(),
  execute: async ({ at }) => expectTypeOf(at).toEqualTypeOf<Date>(),
})

// Without a schema the input is any object, or what the caller says that it is.
expectTypeOf(tool({ name: 'w' })).toEqualTypeOf<RunnableTool<{ [key: string]: unknown }>>()
tool({ name: 'w', execute: ({ city }) => expectTypeOf(city).toBeUnknown() })
tool<Query>({ name: 'w', parameters: {}, execute: ({ city }) => expectTypeOf(city).toBeString() })

// A tool is one of the wire's, and goes wherever these go.
expectTypeOf(byZod).toExtend<Tool>()
expectTypeOf(runTools).parameter(1).toEqualTypeOf<ChatCompletionRequest>()
createChatCompletion(client, { model: 'm', messages: [], tools: [byZod] })
runTools(client, { model: 'm', messages: [], tools: [byZod, { type: 'function', function: { name: 'x' } }] })
runTools(client, chat(client).model('m').user('Hi').tools([byZod]).build())

// @ts-expect-error a tool has a name
tool({ input: z.object({}) })
// @ts-expect-error the schema of valibot tells no type that fits, but `input` is a schema, not a JSON Schema
tool({ name: 'w', input: { type: 'object' } })
// @ts-expect-error approve says yes or no
tool({ name: 'w', approve: () => 'yes' })
// @ts-expect-error there is no such option
tool({ name: 'w', run: () => 1 })
tool({
  name: 'w',
  input: z.object({ city: z.string() }),
  // @ts-expect-error the input has no such member
  execute: ({ town }) => town,
})

// A run says why it stopped, and takes the options of a call.
expectTypeOf(runTools(client, request)).toEqualTypeOf<Promise<ToolRun>>()
declare const run: ToolRun
expectTypeOf(run.stopped).toEqualTypeOf<
  'answer' | 'pending' | 'steps' | 'tokens' | 'condition' | 'length' | 'filter' | 'invalid' | 'error'
>()
expectTypeOf(run.completion).toEqualTypeOf<ChatCompletion | undefined>()
expectTypeOf(run.text).toBeString()
expectTypeOf(run.usage).toEqualTypeOf<Usage>()
expectTypeOf(run.pending).toEqualTypeOf<readonly ToolCall[]>()
expectTypeOf(run.steps).toEqualTypeOf<readonly ToolStep[]>()
run.messages.push({ role: 'tool', toolCallId: run.pending[0]!.id, content: 'refused' })
runTools(client, { ...request, messages: run.messages })

const options: RunToolsOptions = {
  signal: new AbortController().signal,
  timeout: { idle: 1000 },
  maxRetries: 2,
  stopWhen: steps =>
    steps.some(({ results }) => results.some(({ toolCall }) => toolCall.function.name === 'w')),
  beforeStep: async (next, steps) => (steps.length ? { ...next, model: 'other' } : undefined),
  onStep(step, messages) {
    expectTypeOf(step).toEqualTypeOf<ToolStep>()
    expectTypeOf(messages).toEqualTypeOf<readonly Message[]>()
  },
  onToolError: (error, call) => {
    expectTypeOf(error).toBeUnknown()
    return `${call.function.name} failed`
  },
}
runTools(client, request, options)
runTools(client, request, { beforeStep: () => {} })
// @ts-expect-error there is no such option
runTools(client, request, { maxStep: 3 })
// @ts-expect-error the results are a list
expectTypeOf(run.steps[0]!.results.output)

// Events are told apart by their type.
for await (const event of streamTools(client, request, options)) {
  expectTypeOf(event).toEqualTypeOf<ToolEvent>()
  if (event.type === 'text' || event.type === 'reasoning') expectTypeOf(event.delta).toBeString()
  if (event.type === 'toolCall') expectTypeOf(event.toolCall).toEqualTypeOf<ToolCall>()
  if (event.type === 'toolResult') {
    expectTypeOf(event).toExtend<ToolResult>()
    expectTypeOf(event.output).toBeUnknown()
    expectTypeOf(event.failed).toBeUnknown()
  }
  if (event.type === 'step') expectTypeOf(event.step).toEqualTypeOf<ToolStep>()
  if (event.type === 'end') expectTypeOf(event.run).toEqualTypeOf<ToolRun>()
  // @ts-expect-error there is no such event
  if (event.type === 'tool-result') break
}

// A page's response is made of whatever a stream tells.
expectTypeOf(toUIMessageResponse(streamTools(client, request))).toEqualTypeOf<Response>()
toUIMessageResponse(streamChatCompletion(client, request), { status: 201 })
toUIMessageResponse(chatEvents(streamChatCompletion(client, request)))
toUIMessageResponse(new ChatCompletionStream(streamChatCompletion(client, request)))
// @ts-expect-error texts alone do not tell what they are
toUIMessageResponse(textStream(streamChatCompletion(client, request)))

// Content of an output is made of the parts of a message.
expectTypeOf(toolContent([{ type: 'image_url', imageUrl: { url: 'data:,' } }])).toEqualTypeOf<ToolContent>()
// @ts-expect-error a part has a type
toolContent([{ text: 'x' }])

// An object is what its schema makes of the answer.
const Person = z.object({ name: z.string(), born: z.string().transform(Number), nick: z.string().optional() })
interface Parsed {
  name: string
  born: number
  nick?: string | undefined
}
expectTypeOf(generateObject(client, request, Person)).resolves.toEqualTypeOf<ParsedCompletion<Parsed>>()
expectTypeOf((await generateObject(client, request, Person)).parsed.born).toBeNumber()
expectTypeOf((await generateObject(client, request, Person)).choices).toEqualTypeOf<
  ChatCompletion['choices']
>()
expectTypeOf(parseObject(completion, Person, { strict: true })).resolves.toEqualTypeOf<Parsed>()
expectTypeOf(objectFormat(Person, { name: 'person' })).toEqualTypeOf<ObjectFormat>()
createChatCompletion(client, { ...request, responseFormat: objectFormat(Person) })
chat(client).model('m').user('Hi').responseFormat(objectFormat(Person))
// @ts-expect-error there is no such mode
generateObject(client, request, Person, { mode: 'json' })
// @ts-expect-error a stream has begun to be shown: it cannot be mended
streamObject(client, request, Person, { repairs: 1 })
// @ts-expect-error valibot's own schema is a Standard Schema, a number is none
generateObject(client, request, 7)

// While it streams, any part may be missing.
const stream = streamObject(client, request, z.object({ tags: z.array(z.object({ id: z.number() })) }))
for await (const part of stream) {
  expectTypeOf(part).toEqualTypeOf<{ tags?: { id?: number }[] }>()
  // @ts-expect-error it may not be there yet
  part.tags.length
}
expectTypeOf((await stream.completion()).parsed.tags).toEqualTypeOf<{ id: number }[]>()
const last = await stream.next()
if (last.done) expectTypeOf(last.value.parsed.tags).toEqualTypeOf<{ id: number }[]>()
expectTypeOf<DeepPartial<string[]>>().toEqualTypeOf<string[]>()
expectTypeOf<DeepPartial<readonly { a: 1 | null }[]>>().toEqualTypeOf<{ a?: 1 | null }[]>()

// An error says why there is none.
declare const error: unknown
if (error instanceof OutputError) {
  expectTypeOf(error.code).toEqualTypeOf<OutputErrorCode>()
  expectTypeOf(error.issues).toEqualTypeOf<readonly ValidationIssue[]>()
  expectTypeOf(error.completion).toEqualTypeOf<ChatCompletion | undefined>()
}

// A schema may be written by hand.
const byHand: Schema<number> = {
  '~standard': {
    validate: value => (typeof value === 'number' ? { value } : { issues: [{ message: 'no' }] }),
  },
}
expectTypeOf(tool({ name: 'w', input: byHand })).toEqualTypeOf<RunnableTool<number>>()

declare const mcp: McpClient
expectTypeOf(mcpTools(mcp)).resolves.toEqualTypeOf<RunnableTool<{ [key: string]: unknown }>[]>()
