import { describe, expect, it } from 'vitest'
import {
  type Client,
  chat,
  collectText,
  createChatCompletion,
  createClient,
  finalCompletion,
  LLMClient,
  LLMError,
  type Schema,
  streamChatCompletion,
  streamObject,
  streamTools,
  textStream,
} from '../../src/index.ts'
import { streamResponseTools } from '../../src/responses/index.ts'
import { createFakeFetch } from '../../src/testing/fake-fetch.ts'
import type { Fault } from '../../src/testing/types.ts'
import { chatRequest, failureOf } from '../client/harness.ts'

const configOf = (faults: Fault) => ({ fetch: createFakeFetch({ faults }), retry: false as const })
const clientOf = (faults: Fault): Client => createClient({ fetch: configOf(faults).fetch })

const anything: Schema<unknown> = {
  '~standard': { validate: value => ({ value }), jsonSchema: { input: () => ({ type: 'object' }) } },
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

/** Ways to read a stream, each in a function whose name must stand in the stack of what it throws. */
const readers: { readonly [name: string]: (client: Client, faults: Fault) => Promise<unknown> } = {
  async loopOfMine(client) {
    for await (const _ of streamChatCompletion(client, chatRequest));
  },
  async textOfMine(client) {
    for await (const _ of textStream(streamChatCompletion(client, chatRequest)));
  },
  collectOfMine: async client => await collectText(streamChatCompletion(client, chatRequest)),
  foldOfMine: async client => await finalCompletion(streamChatCompletion(client, chatRequest)),
  builderOfMine: async client => await drain(chat(client).model('fake-small').user('Hi').stream()),
  toolsOfMine: async client => await drain(streamTools(client, chatRequest)),
  objectOfMine: async client => await streamObject(client, chatRequest, anything).completion(),
  responseToolsOfMine: async client =>
    await drain(streamResponseTools(client, { model: 'fake-small', input: 'Hi' })),
  facadeOfMine: async (_, faults) => {
    const { completions } = new LLMClient(configOf(faults)).chat
    return await completions.stream(chatRequest).collect()
  },
}

describe('the stack of what a stream throws', () => {
  it.each(
    Object.keys(readers).flatMap(name => [
      { name, fault: { cut: 3 } },
      { name, fault: { reset: 3 } },
      { name, fault: { status: 500 } },
    ]),
  )('has a line of the caller: $name, $fault', async ({ name, fault }) => {
    const { stack, message } = await failureOf(readers[name]!(clientOf(fault), fault))
    expect(stack).toContain(message)
    expect(stack).toContain(name)
  })
})

describe('the stack of an error that is read more than once', () => {
  it('has each reader once', async () => {
    const iterator = streamChatCompletion(clientOf({ status: 500 }), chatRequest)[Symbol.asyncIterator]()
    const { stack } = await failureOf(iterator.next())
    const again = await failureOf(iterator.next())
    expect(again.stack).toBe(stack)
  })
})

describe('the reason of an abort', () => {
  it.each<[string, (client: Client, signal: AbortSignal) => AsyncIterable<unknown>]>([
    ['a stream', (client, signal) => streamChatCompletion(client, chatRequest, { signal })],
    ['an object', (client, signal) => streamObject(client, chatRequest, anything, { signal })],
    ['a run', (client, signal) => streamTools(client, chatRequest, { signal })],
  ])("is the caller's own, and keeps its stack: %s", async (_, open) => {
    const controller = new AbortController()
    const reason = new LLMError('Left')
    const { stack } = reason
    const read = drain(open(clientOf({ stall: 1 }), controller.signal))
    setTimeout(() => controller.abort(reason), 20)
    expect(await failureOf(read)).toBe(reason)
    expect(reason.stack).toBe(stack)
  })

  it('keeps its stack where it is given to the stream', async () => {
    const reason = new LLMError('Left')
    const { stack } = reason
    const stream = streamChatCompletion(clientOf({ stall: 1 }), chatRequest)
    const read = drain(stream)
    stream.abort(reason)
    expect(await failureOf(read)).toBe(reason)
    expect(reason.stack).toBe(stack)
  })
})

describe('the stack of what a call throws', () => {
  it('has a line of the caller', async () => {
    const callOfMine = async () => await createChatCompletion(clientOf({ status: 500 }), chatRequest)
    expect((await failureOf(callOfMine())).stack).toContain('callOfMine')
  })

  it('has the hint of LLMClient, too', async () => {
    const fetch = createFakeFetch({ apiKey: 'sk-another' })
    const { stack } = await failureOf(new LLMClient({ fetch, baseUrl: 'https://api.test/v1' }).models.list())
    expect(stack).toContain('no apiKey was set')
  })
})
