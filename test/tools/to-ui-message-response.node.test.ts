// The reader is AI SDK's own: the chat behind `useChat`, with the transport that it has by default.

import { AbstractChat, type ChatState, DefaultChatTransport, type UIMessage } from 'ai'
import { describe, expect, it } from 'vitest'
import {
  type ChatCompletion,
  type ChatCompletionChunk,
  ChatCompletionStream,
  chatEvents,
  createClient,
  type Message,
  streamChatCompletion,
  streamTools,
  tool,
  toUIMessageResponse,
} from '../../src/index.ts'
import { streamResponseTools } from '../../src/responses/index.ts'
import { createFakeFetch, type FakeModelOptions } from '../../src/testing/index.ts'
import { DIALECTS } from '../fixtures/dialects.ts'
import { sse, streamOf, until } from '../support/frames.ts'

const KEY = 'sk-of-the-server-1234567890'

class PageState implements ChatState<UIMessage> {
  status: ChatState<UIMessage>['status'] = 'ready'
  error: Error | undefined
  messages: UIMessage[] = []
  pushMessage(message: UIMessage) {
    this.messages.push(message)
  }
  popMessage() {
    this.messages.pop()
  }
  replaceMessage(index: number, message: UIMessage) {
    this.messages[index] = message
  }
  snapshot<T>(thing: T): T {
    return structuredClone(thing)
  }
}

class Chat extends AbstractChat<UIMessage> {}

/** A page whose messages are answered by this. */
function page(answer: (request: Request) => Response) {
  const state = new PageState()
  const finished: { finishReason?: unknown; isError: boolean; isAbort: boolean }[] = []
  const transport = new DefaultChatTransport<UIMessage>({
    api: 'https://app.example/chat',
    fetch: async (url, init) => answer(new Request(url, init)),
  })
  const chat = new Chat({ state, transport, onFinish: end => finished.push(end) })
  return { chat, state, finished, parts: () => state.messages.at(-1)?.parts ?? [] }
}

function service(options: FakeModelOptions) {
  const fetch = createFakeFetch({ models: ['m'], ...options })
  const client = createClient({ baseUrl: 'https://service.test/v1', apiKey: KEY, fetch })
  return { client, fetch }
}

const messages: Message[] = [{ role: 'user', content: 'What is the weather in Rome?' }]
const request = { model: 'm', messages }
const city = (name: string) => ({ name: 'get_weather', arguments: { city: name }, id: `call_${name}` })

describe('what the chat of AI SDK reads', () => {
  it.each<[string, (stream: AsyncIterable<ChatCompletionChunk>) => Response]>([
    ['chunks', stream => toUIMessageResponse(stream)],
    ['events', stream => toUIMessageResponse(chatEvents(stream))],
  ])('is the answer that streams, its thinking apart: %s', async (_, respond) => {
    const { client } = service({
      reply: { reasoning: 'A city, so I look.', content: 'Sunny and “warm”.\n\n:)' },
    })
    const { chat, parts, finished } = page(() => respond(streamChatCompletion(client, request)))
    await chat.sendMessage({ text: 'Hi' })
    expect(chat.error).toBeUndefined()
    expect(chat.status).toBe('ready')
    expect(parts()).toMatchObject([
      { type: 'step-start' },
      { type: 'reasoning', text: 'A city, so I look.', state: 'done' },
      { type: 'text', text: 'Sunny and “warm”.\n\n:)', state: 'done' },
    ])
    expect(finished).toMatchObject([{ finishReason: 'stop', isError: false, isAbort: false }])
  })

  it('is a stream that folds itself', async () => {
    const { client } = service({ reply: 'Sunny.' })
    const stream = new ChatCompletionStream(streamChatCompletion(client, request))
    const { chat, parts } = page(() => toUIMessageResponse(stream))
    await chat.sendMessage({ text: 'Hi' })
    expect(parts().at(-1)).toMatchObject({ type: 'text', text: 'Sunny.' })
    expect((await stream.completion()).choices[0].message.content).toBe('Sunny.')
  })

  it('is a refusal, and the first choice of several', async () => {
    const { client } = service({ reply: { refusal: 'I will not.' } })
    const { chat, parts } = page(() =>
      toUIMessageResponse(streamChatCompletion(client, { ...request, n: 2 })),
    )
    await chat.sendMessage({ text: 'Hi' })
    expect(parts()).toMatchObject([{ type: 'step-start' }, { type: 'text', text: 'I will not.' }])
  })

  it.each([
    ['length', 'length'],
    ['content_filter', 'content-filter'],
    ['tool_calls', 'tool-calls'],
    ['eos_of_a_vendor', 'other'],
  ])('is never whole where the answer is not: %s', async (finishReason, told) => {
    const { client } = service({ reply: { content: 'Sun', finishReason } })
    const { chat, finished } = page(() => toUIMessageResponse(streamChatCompletion(client, request)))
    await chat.sendMessage({ text: 'Hi' })
    expect(finished).toMatchObject([{ finishReason: told }])
  })

  it('is a call that the page is to run', async () => {
    const reply = { content: 'Let me look.', toolCalls: [city('Rome')] }
    const { client } = service({ reply })
    const { chat, parts } = page(() => toUIMessageResponse(streamChatCompletion(client, request)))
    await chat.sendMessage({ text: 'Hi' })
    expect(parts()).toMatchObject([
      { type: 'step-start' },
      { type: 'text', text: 'Let me look.' },
      {
        type: 'tool-get_weather',
        toolCallId: 'call_Rome',
        state: 'input-available',
        input: { city: 'Rome' },
      },
    ])
  })
})

describe('a run over Responses', () => {
  const weather = tool<{ city: string }>({ name: 'get_weather', execute: ({ city }) => `Sun in ${city}` })
  const asked = { model: 'm', input: 'What is the weather in Rome?' }

  it('is one message of several steps, too', async () => {
    const { client } = service({ reply: [{ toolCalls: [city('Rome')] }, 'Sunny.'] })
    const { chat, parts, finished } = page(() =>
      toUIMessageResponse(streamResponseTools(client, { ...asked, tools: [weather] })),
    )
    await chat.sendMessage({ text: 'Hi' })
    expect(chat.error).toBeUndefined()
    expect(parts()).toMatchObject([
      { type: 'step-start' },
      { type: 'tool-get_weather', state: 'output-available', input: { city: 'Rome' }, output: 'Sun in Rome' },
      { type: 'step-start' },
      { type: 'text', text: 'Sunny.', state: 'done' },
    ])
    expect(finished).toMatchObject([{ finishReason: 'stop', isError: false }])
  })

  it.each([
    [{ type: 'custom_tool_call', id: 'i', call_id: 'c', name: 'grep', input: 'x' }, 'tool-grep', 'x'],
    [{ type: 'computer_call', id: 'i', call_id: 'c', action: {} }, 'tool-computer_call', null],
  ])('shows a call that waits for the caller: %j', async (item, type, input) => {
    const events = [
      { type: 'response.output_item.done', output_index: 0, item },
      {
        type: 'response.completed',
        response: { id: 'r', object: 'response', status: 'completed', output: [item] },
      },
    ]
    const client = createClient({
      fetch: async () => new Response(sse(...events), { headers: { 'content-type': 'text/event-stream' } }),
    })
    const { chat, parts, finished } = page(() => toUIMessageResponse(streamResponseTools(client, asked)))
    await chat.sendMessage({ text: 'Hi' })
    expect(chat.error).toBeUndefined()
    expect(parts().at(-1)).toMatchObject({ type, toolCallId: 'c', state: 'input-available', input })
    expect(finished).toMatchObject([{ finishReason: 'tool-calls' }])
  })
})

describe('an answer of any service', () => {
  it.each(DIALECTS.filter(({ error }) => !error))('is what the page shows: $name', async dialect => {
    const { events, completion, reasoning = '' } = dialect
    const body = events.map(each => (typeof each === 'string' ? each : sse(each))).join('')
    const { chat, parts } = page(() => toUIMessageResponse(streamOf(body)))
    await chat.sendMessage({ text: 'Hi' })
    expect(chat.error).toBeUndefined()
    const textIn = (kind: string) =>
      parts().map(part => (part.type === kind && 'text' in part ? part.text : ''))
    const { message } = (completion as ChatCompletion).choices[0]
    expect(textIn('text').join('')).toBe((message.content ?? '') + (message.refusal ?? ''))
    expect(textIn('reasoning').join('')).toBe(reasoning)
    const calls = parts().filter(part => 'toolCallId' in part)
    expect(calls).toMatchObject((message.toolCalls ?? []).map(({ id }) => ({ toolCallId: id })))
  })
})

describe('what it reads of a run with tools', () => {
  const weather = tool<{ city: string }>({
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
    approve: ({ city }) => city !== 'Paris',
    execute({ city }) {
      if (city === 'Oslo') throw new Error('No such station')
      return city === 'Bern' ? undefined : { city, degrees: 21 }
    },
  })
  const tools = [weather]

  it('is every step, with calls, results and what went wrong', async () => {
    const broken = { name: 'get_weather', arguments: '{"city": "Ro', id: 'call_broken' }
    const unknown = { name: 'get_time', arguments: {}, id: 'call_unknown' }
    const { client } = service({
      reply: [
        { reasoning: 'Five.', toolCalls: [city('Rome'), city('Oslo'), city('Bern'), broken, unknown] },
        'It is 21 degrees.',
      ],
    })
    const { chat, parts, finished } = page(() =>
      toUIMessageResponse(streamTools(client, { ...request, tools })),
    )
    await chat.sendMessage({ text: 'Hi' })
    expect(chat.error).toBeUndefined()
    expect(parts()).toMatchObject([
      { type: 'step-start' },
      { type: 'reasoning', text: 'Five.' },
      {
        type: 'tool-get_weather',
        input: { city: 'Rome' },
        state: 'output-available',
        output: { degrees: 21 },
      },
      {
        type: 'tool-get_weather',
        input: { city: 'Oslo' },
        state: 'output-error',
        errorText: 'Failed: No such station',
      },
      { type: 'tool-get_weather', input: { city: 'Bern' }, state: 'output-available', output: null },
      { toolCallId: 'call_broken', state: 'output-error', errorText: expect.stringContaining('no JSON') },
      { type: 'tool-get_time', state: 'output-error', errorText: expect.stringContaining('no such tool') },
      { type: 'step-start' },
      { type: 'text', text: 'It is 21 degrees.', state: 'done' },
    ])
    expect(finished).toMatchObject([{ finishReason: 'stop' }])
  })

  it('is every call of a service that begins anew with its ids in each step', async () => {
    const again = (name: string) => ({ toolCalls: [{ ...city(name), id: 'call_0' }] })
    const { client } = service({ reply: [again('Rome'), again('Oslo'), 'Both.'] })
    const { chat, parts } = page(() => toUIMessageResponse(streamTools(client, { ...request, tools })))
    await chat.sendMessage({ text: 'Hi' })
    expect(parts().filter(part => 'toolCallId' in part)).toMatchObject([
      { input: { city: 'Rome' }, state: 'output-available' },
      { input: { city: 'Oslo' }, state: 'output-error' },
    ])
  })

  it('is a call that waits for approval, and its result in the answer to the next request', async () => {
    const { client } = service({ reply: [{ toolCalls: [city('Paris')] }, 'It rains.'] })
    let kept: Message[] = messages
    const first = page(() =>
      toUIMessageResponse(
        streamTools(
          client,
          { ...request, tools },
          {
            onStep(_, history) {
              kept = [...history]
            },
          },
        ),
      ),
    )
    await first.chat.sendMessage({ text: 'Hi' })
    expect(first.parts().at(-1)).toMatchObject({ toolCallId: 'call_Paris', state: 'input-available' })
    expect(first.finished).toMatchObject([{ finishReason: 'tool-calls' }])

    const approved = tool({ name: 'get_weather', execute: () => 'rain' })
    const next = page(() =>
      toUIMessageResponse(streamTools(client, { model: 'm', messages: kept, tools: [approved] })),
    )
    await next.chat.sendMessage({ text: 'Yes' })
    expect(next.chat.error).toBeUndefined()
    expect(next.parts()).toMatchObject([
      { type: 'step-start' },
      { toolCallId: 'call_Paris', input: { city: 'Paris' }, state: 'output-available', output: 'rain' },
      { type: 'step-start' },
      { type: 'text', text: 'It rains.' },
    ])
  })
})

describe('a stream that fails', () => {
  it('keeps what has come, and says why there is no more', async () => {
    const { client } = service({ reply: 'One two three four', faults: { cut: 3 } })
    const { chat, parts, finished } = page(() => toUIMessageResponse(streamChatCompletion(client, request)))
    await chat.sendMessage({ text: 'Hi' })
    expect(chat.status).toBe('error')
    expect(chat.error?.message).toBe('The stream ended early')
    expect(parts().at(-1)).toMatchObject({ type: 'text', text: expect.stringMatching(/^One/) })
    expect(finished).toMatchObject([{ isError: true }])
  })

  it.each<[string, FakeModelOptions, string]>([
    ['by a refused key', { apiKey: 'another' }, 'Incorrect API key'],
    [
      'with the key in its words',
      { faults: { status: 401, body: { error: { message: `No ${KEY}` } } } },
      'No ',
    ],
    ['at a hook of the server', {}, 'The stream was aborted'],
  ])('tells no secret: %s', async (_, options, said) => {
    const { client } = service(options)
    const beforeStep = () => {
      throw new Error(`postgres://admin:${KEY}@10.0.0.1`)
    }
    const hooks = said.includes('aborted') ? { beforeStep } : {}
    const { chat, state } = page(() => toUIMessageResponse(streamTools(client, request, hooks)))
    await chat.sendMessage({ text: 'Hi' })
    expect(chat.error?.message).toContain(said)
    expect(JSON.stringify([chat.error?.message, state.messages])).not.toMatch(
      /1234567890|postgres|service\.test/,
    )
  })

  it('by the page, which leaves, ends the request', async () => {
    const { client, fetch } = service({ reply: 'word '.repeat(500), chunkDelay: 2 })
    const { chat, parts, finished } = page(({ signal }) => {
      const response = toUIMessageResponse(streamChatCompletion(client, request))
      // As a server has it: a page that has gone cancels the body.
      const body = response.body!.pipeThrough(new TransformStream(), { signal })
      return new Response(body, response)
    })
    const sent = chat.sendMessage({ text: 'Hi' })
    await until(() => JSON.stringify(parts()).includes('word word'))
    await chat.stop()
    await sent
    expect(finished).toMatchObject([{ isAbort: true }])
    await until(() => fetch.requests[0]!.aborted)
  })
})
