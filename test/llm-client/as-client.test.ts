import { expect, it } from 'vitest'
import {
  type Client,
  chat,
  collectText,
  createChatCompletion,
  createEmbedding,
  embedMany,
  endpoint,
  generateObject,
  LLMClient,
  listModels,
  retrieveModel,
  runTools,
  streamChatCompletion,
  streamObject,
  streamTools,
  tool,
} from '../../src/index.ts'
import { createModeration, createSpeech } from '../../src/openai/index.ts'
import {
  createResponse,
  outputText,
  runResponseTools,
  streamResponse,
  streamResponseTools,
} from '../../src/responses/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { City } from '../support/city-tools.ts'
import { drain } from '../support/frames.ts'

const model = 'fake-small'
const messages = [{ role: 'user' as const, content: 'The weather in Rome' }]
const weather = tool({ name: 'weather', input: City, execute: ({ city }) => `Sun in ${city}` })
const request = { model, messages, tools: [weather] }
const object = { mode: 'json_schema', name: 'city', strict: true } as const
/** All that only the loop reads: a client that knows its options must be given none of them. */
const loop = {
  maxSteps: 4,
  maxTotalTokens: 1e6,
  maxInvalid: 2,
  parallel: 1,
  aroundTool: <T>(_: unknown, work: () => Promise<T>) => work(),
  stopWhen: () => false,
  beforeStep: () => undefined,
  onStep() {},
  onToolError: String,
}
const embed = endpoint<{ model: string; input: string }, object>('embed', 'POST /embeddings', {})

/** Every function that takes a client, with what it should come to. */
const functions: readonly (readonly [string, (client: Client) => unknown, unknown])[] = [
  ['createChatCompletion', client => createChatCompletion(client, { model, messages }), { model }],
  ['streamChatCompletion', client => collectText(streamChatCompletion(client, { model, messages })), /Rome/],
  ['createEmbedding', client => createEmbedding(client, { model, input: 'a' }), { model }],
  [
    'embedMany',
    client => embedMany(client, { model, input: ['a', 'b'] }, { batchSize: 1, concurrency: 1 }),
    { data: { length: 2 } },
  ],
  ['listModels', client => listModels(client), { object: 'list' }],
  ['retrieveModel', client => retrieveModel(client, model), { id: model }],
  ['endpoint', client => embed(client, { model, input: 'a' }), { model }],
  ['chat', client => chat(client).model(model).user('Rome').execute(), { model }],
  [
    'generateObject',
    client => generateObject(client, { model, messages }, City, object),
    { parsed: { city: 'Rome' } },
  ],
  [
    'streamObject',
    client => streamObject(client, { model, messages }, City, object).completion(),
    { parsed: { city: 'Rome' } },
  ],
  ['runTools', client => runTools(client, request, loop), { stopped: 'answer', steps: { length: 2 } }],
  [
    'runTools, of what a builder has built',
    client =>
      runTools(client, chat(client).model(model).user('The weather in Rome').tools([weather]).build()),
    { stopped: 'answer', steps: [{ results: [{ output: 'Sun in Rome' }] }, {}] },
  ],
  [
    'streamTools, of what a builder has built',
    async client => {
      const built = chat(client).model(model).user('The weather in Rome').tools([weather]).build()
      return (await drain(streamTools(client, built, loop))).values.at(-1)
    },
    { type: 'end', run: { stopped: 'answer', text: /Sun in Rome/ } },
  ],
  [
    'createResponse',
    async client => outputText(await createResponse(client, { model, input: 'Rome' })),
    /Rome/,
  ],
  [
    'streamResponse',
    async client => (await drain(streamResponse(client, { model, input: 'Rome' }))).values.at(-1),
    { type: 'response.completed' },
  ],
  [
    'runResponseTools',
    client => runResponseTools(client, { model, input: 'The weather in Rome', tools: [weather] }, loop),
    { stopped: 'answer', steps: { length: 2 } },
  ],
  [
    'streamResponseTools',
    async client => {
      const run = streamResponseTools(client, { model, input: 'The weather in Rome', tools: [weather] }, loop)
      return (await drain(run)).values.at(-1)
    },
    { type: 'end', run: { stopped: 'answer', text: /Sun in Rome/ } },
  ],
  ['createModeration', client => createModeration(client, { input: 'Rome' }), { results: { length: 1 } }],
  ['createSpeech', client => createSpeech(client, { model, voice: 'alloy', input: 'Rome' }), { status: 200 }],
]

/** What is expected, with patterns in the place of texts. */
function matching(expected: unknown): unknown {
  if (expected instanceof RegExp) return expect.stringMatching(expected)
  if (Array.isArray(expected)) return expected.map(matching)
  if (Object(expected) !== expected) return expected
  const entries = Object.entries(expected as object).map(([name, value]) => [name, matching(value)])
  return expect.objectContaining(Object.fromEntries(entries))
}

it.each(functions)('an LLMClient is the client of %s', async (_, call, expected) => {
  const client = new LLMClient({ apiKey: async () => 'sk-x', fetch: createFakeFetch() })
  expect(await call(client)).toEqual(matching(expected))
})
