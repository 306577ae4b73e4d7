import { expectTypeOf } from 'vitest'
import {
  type ChatCompletion,
  type ChatCompletionBuilder,
  type ChatCompletionRequest,
  type ChatCompletionStream,
  type Client,
  chat,
  type LLMClient,
  type ResultPromise,
} from '../../src/index.ts'

declare const client: Client
declare const llm: LLMClient

const begun = chat(client)
expectTypeOf(begun).toEqualTypeOf<ChatCompletionBuilder>()

// What sends is there once a model and a message are, in whichever order.
expectTypeOf(begun).not.toHaveProperty('execute')
expectTypeOf(begun).not.toHaveProperty('stream')
expectTypeOf(begun).not.toHaveProperty('build')
expectTypeOf(begun.model('m')).not.toHaveProperty('execute')
expectTypeOf(begun.user('x')).not.toHaveProperty('execute')
expectTypeOf(begun.temperature(1).maxTokens(1).stop('a')).not.toHaveProperty('build')
expectTypeOf(begun.set({ temperature: 1 })).not.toHaveProperty('build')
expectTypeOf(begun.set({ model: 'm' })).not.toHaveProperty('build')

const ready = begun.model('m').user('x')
expectTypeOf(begun.user('x').model('m')).toEqualTypeOf(ready)
expectTypeOf(ready.temperature(1).tools([])).toEqualTypeOf(ready)
expectTypeOf(ready.execute()).toEqualTypeOf<ResultPromise<ChatCompletion>>()
expectTypeOf(ready.stream()).toEqualTypeOf<ChatCompletionStream>()
expectTypeOf(ready.build()).toEqualTypeOf<ChatCompletionRequest>()

const user = { role: 'user' as const, content: 'x' }
for (const builder of [
  begun.model('m').system('s'),
  begun.model('m').developer('d'),
  begun.model('m').assistant(null),
  begun.model('m').tool('id', 'result'),
  begun.model('m').message(user),
  begun.model('m').messages([user]),
  begun.set({ model: 'm', messages: [user] }),
  begun.set({ model: 'm' }).set({ messages: [user] }),
  llm.chat.completions.model('m').user('x'),
  llm.chat.completions.builder().model('m').user('x'),
])
  expectTypeOf(builder).toHaveProperty('execute')

expectTypeOf(llm.chat.completions.model('m')).not.toHaveProperty('execute')

// A tool may be chosen by its name, a message be a whole response's.
expectTypeOf(begun.toolChoice).parameter(0).extract<string>().toEqualTypeOf<string & {}>
declare const answer: ChatCompletion
begun.message(answer.choices[0].message)

// @ts-expect-error a temperature is a number
begun.temperature('1')
// @ts-expect-error a message has a role that there is
begun.message({ role: 'oracle', content: 'x' })
