import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type ChatCompletionChunk,
  ChatCompletionStream,
  chatEvents,
  collectText,
  createChatCompletion,
  type EventStream,
  finalCompletion,
  LLMClient,
  readStream,
  reasoningStream,
  teeStream,
  textStream,
  toolCallStream,
  toSSEResponse,
} from '../../src/index.ts'
import { BASE, chatRequest, clientOf, json } from '../client/harness.ts'
import { chunk, drain, sse, streamOf } from '../support/frames.ts'

/** Long enough for Node to report what nobody handled. */
const reported = () => new Promise(resolve => setTimeout(resolve, 20))

type Open = () => EventStream<ChatCompletionChunk>

const FAILING: readonly (readonly [how: string, open: Open])[] = [
  ['is cut', () => streamOf(sse(chunk({ content: 'Half' })))],
  ['is refused', () => streamOf(() => new Response('{}', { status: 503 }))],
  ['never begins', () => streamOf('')],
  [
    'is aborted',
    () => {
      const stream = streamOf(sse(chunk({ content: 'Half' })))
      stream.abort(new Error('mine'))
      return stream
    },
  ],
  ['is of a request that cannot be sent', () => streamOf('', { headers: { 'a b': 'c' } })],
]

describe('no promise of ours ends a process', () => {
  const unhandled: unknown[] = []
  const listen = (reason: unknown) => unhandled.push(reason)
  let others: NodeJS.UnhandledRejectionListener[] = []
  beforeEach(() => {
    unhandled.length = 0
    others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', listen)
  })
  afterEach(() => {
    process.off('unhandledRejection', listen)
    for (const other of others) process.on('unhandledRejection', other)
  })

  /** What a program may leave alone of a stream that fails, while it handles the error elsewhere or not at all. */
  const LEFT: readonly (readonly [what: string, leave: (open: Open) => unknown])[] = [
    ['a stream', open => open()],
    ['its response', open => open().response],
    ['finalCompletion', open => finalCompletion(open())],
    ['collectText', open => collectText(open())],
    [
      'finalCompletion of one half of a tee, the other read',
      open => {
        const [one, other] = teeStream(open())
        finalCompletion(one)
        return drain(other)
      },
    ],
    [
      'both halves of a tee',
      open => {
        const [one, other] = teeStream(open())
        collectText(one)
        finalCompletion(other)
      },
    ],
    [
      'completion() of a stream that is read',
      open => {
        const stream = new ChatCompletionStream(open())
        stream.completion()
        return drain(stream)
      },
    ],
    [
      'completion() and collect()',
      open => {
        const stream = new ChatCompletionStream(open())
        stream.completion()
        stream.collect()
      },
    ],
    ['the text of a stream whose first piece is asked for', open => next(textStream(open()))],
    ['its thinking', open => next(reasoningStream(open()))],
    ['its tool calls', open => next(toolCallStream(open()))],
    ['its events', open => next(chatEvents(open()))],
    ['the first value of a ChatCompletionStream', open => next(new ChatCompletionStream(open()))],
    ['a Response that is made of it', open => toSSEResponse(open())],
    ['one that is read again', open => collectText(readStream(toSSEResponse(open())))],
  ]

  /** Asks for a value, and handles what comes of that alone. */
  const next = (source: AsyncIterable<unknown>) =>
    source[Symbol.asyncIterator]()
      .next()
      .catch(() => {})

  describe.each(FAILING)('where a stream %s', (_, open) => {
    it.each(LEFT)('and nobody handles %s', async (_, leave) => {
      // Not awaited: that would handle it.
      leave(open)
      await reported()
      expect(unhandled).toEqual([])
    })
  })

  it('of the facade either', async () => {
    const client = new LLMClient({
      baseUrl: BASE,
      retry: false,
      fetch: async () => json({}, { status: 400 }),
    })
    const stream = client.chat.completions.stream(chatRequest)
    stream.completion()
    await drain(stream)
    client.chat.completions.stream({ ...chatRequest, temperature: 9 }).collect()
    await reported()
    expect(unhandled).toEqual([])
  })

  it('finds one that nobody handles', async () => {
    createChatCompletion(
      clientOf(async () => json({}, { status: 400 })),
      chatRequest,
    )
    await reported()
    expect(unhandled).toHaveLength(1)
  })
})
