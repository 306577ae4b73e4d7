import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  cache,
  collectText,
  createChatCompletion,
  createClient,
  type Fetch,
  retry,
  runTools,
  streamChatCompletion,
  streamTools,
  timeout,
  tool,
} from '../../src/index.ts'
import { chunk, sse } from '../support/frames.ts'
import { scripted } from '../tools/scripted.ts'
import { BASE, chatRequest, clientOf, completion, failureOf, json } from './harness.ts'

// Runtimes and libraries that have a fetch of their own. The numbers are those of public reports.

afterEach(() => {
  vi.unstubAllGlobals()
})

/** A client that would send four times, and how often it has. */
function counting(answer: () => unknown) {
  const fetch = vi.fn<Fetch>(async () => answer() as Response)
  const policies = [retry({ maxRetries: 3, initialDelay: 0 })]
  return { client: clientOf(fetch, { policies }), sent: () => fetch.mock.calls.length }
}

/** An answer as React Native's own fetch gives it: no `body`, but `text()`. */
function bodiless(value: unknown, status = 200): object {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const headers = new Headers({ 'content-type': 'application/json' })
  return { status, statusText: '', type: 'default', url: '', headers, text: async () => text }
}

describe('a response without a body (react-native#37505, ofetch#398)', () => {
  it('is read by its text, once', async () => {
    const { client, sent } = counting(() => bodiless(completion))
    expect(await createChatCompletion(client, chatRequest)).toMatchObject({ id: 'chatcmpl-1' })
    expect(sent()).toBe(1)
  })

  it('says what the service said of an error', async () => {
    const { client } = counting(() => bodiless({ error: { message: 'No such model', code: 'x' } }, 404))
    expect(await failureOf(createChatCompletion(client, chatRequest))).toMatchObject({
      name: 'NotFoundError',
      code: 'x',
      message: expect.stringContaining('404 No such model'),
    })
  })

  it('cannot be a stream: told once, with what to use (vercel/ai#7817)', async () => {
    const { client, sent } = counting(() => bodiless('data: {}\n\n'))
    const error = await failureOf(collectText(streamChatCompletion(client, chatRequest)))
    expect(error).toMatchObject({ name: 'ProtocolError', retryable: false })
    expect(error.message).toContain('expo/fetch')
    expect(sent()).toBe(1)
  })
})

describe('a body that is no web stream (node-fetch)', () => {
  const bytesOf = (text: string) => new TextEncoder().encode(text)
  const asEach = (pieces: string[], convert: (text: string) => unknown) => ({
    async *[Symbol.asyncIterator]() {
      for (const piece of pieces) yield convert(piece)
    },
  })
  const iterable = (...pieces: string[]) => asEach(pieces, bytesOf)

  it.each<[string, (text: string) => unknown]>([
    ['texts', String],
    ['buffers', text => bytesOf(text).buffer],
    ['views', text => new DataView(bytesOf(text).buffer)],
    ['parts of larger buffers', text => bytesOf(`-${text}-`).subarray(1, -1)],
  ])('may hold %s', async (_, convert) => {
    const event = sse(chunk({ content: 'Hi' }), chunk({}, 'stop'))
    const pieces = [event.slice(0, 30), event.slice(30)]
    const { client } = counting(() => ({ ...bodiless(''), body: asEach(pieces, convert) }))
    expect(await collectText(streamChatCompletion(client, chatRequest))).toBe('Hi')
  })

  it('is read by its iterator', async () => {
    const text = JSON.stringify(completion)
    const { client, sent } = counting(() => ({
      ...bodiless(''),
      body: iterable(text.slice(0, 9), text.slice(9)),
    }))
    expect(await createChatCompletion(client, chatRequest)).toMatchObject({ id: 'chatcmpl-1' })
    expect(sent()).toBe(1)
  })

  it('may be a stream', async () => {
    const event = (delta: object, reason: string | null) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`
    const { client } = counting(() => ({
      ...bodiless(''),
      body: iterable(event({ content: 'Hi' }, null), event({ content: '!' }, 'stop')),
    }))
    expect(await collectText(streamChatCompletion(client, chatRequest))).toBe('Hi!')
  })
})

describe('an answer', () => {
  it.each<[string, () => unknown]>([
    ['of another realm', () => ({ ...bodiless(''), body: json(completion).body })],
    ['that is frozen', () => Object.freeze(json(completion))],
    [
      'whose reason phrase is not Latin-1',
      () => Object.defineProperty(json(completion), 'statusText', { value: '成功' }),
    ],
  ])('%s is read like any other', async (_, answer) => {
    const { client, sent } = counting(answer)
    expect(await createChatCompletion(client, chatRequest)).toMatchObject({ id: 'chatcmpl-1' })
    expect(sent()).toBe(1)
  })

  it.each<[string, () => unknown]>([
    ['without headers, as a mock', () => ({ ok: true, status: 200, json: async () => completion })],
    ['whose headers are a plain object', () => ({ ...bodiless(completion), headers: {} })],
    ['whose body is locked', () => lockedResponse()],
    ['that is none', () => 'text'],
  ])('%s fails once: no retry heals it', async (_, answer) => {
    const { client, sent } = counting(answer)
    expect(await failureOf(createChatCompletion(client, chatRequest))).toMatchObject({
      name: 'ProtocolError',
      retryable: false,
    })
    expect(sent()).toBe(1)
  })

  function lockedResponse(): Response {
    const response = json(completion)
    response.body!.getReader()
    return response
  }
})

describe('an error whose words are no texts', () => {
  it.each([
    [401, { error: { code: { toString: 1 }, message: 'm' } }, 'AuthenticationError'],
    [429, { error: { type: ['x'], param: {}, message: 'm' } }, 'RateLimitError'],
    [500, { error: { message: { deep: 1 } } }, 'ServerError'],
  ])('keeps the class of its status: %i', async (status, body, name) => {
    const error = await failureOf(
      createChatCompletion(
        clientOf(async () => json(body, { status })),
        chatRequest,
      ),
    )
    expect(error).toMatchObject({ name, status })
    for (const word of ['code', 'type', 'param'])
      expect(['string', 'undefined'], word).toContain(typeof error[word])
  })
})

/** The signal and the controller of abort-controller 3, which React Native bundles: no `reason`, no statics. */
class OldSignal extends EventTarget {
  aborted = false
}
class OldController {
  readonly signal = new OldSignal()
  abort(): void {
    if (this.signal.aborted) return
    this.signal.aborted = true
    this.signal.dispatchEvent(new Event('abort'))
  }
}

describe('a signal without a reason (react-native#50015, ky#588)', () => {
  const silent: Fetch = () => new Promise(() => {})

  it.each(['before', 'during'] as const)('aborts a call with an AbortError %s it', async when => {
    const controller = new OldController()
    if (when === 'before') controller.abort()
    const signal = controller.signal as unknown as AbortSignal
    const policies = [timeout(60_000), retry()]
    for (const config of [{}, { policies }]) {
      const failing = failureOf(createChatCompletion(clientOf(silent, config), chatRequest, { signal }))
      await Promise.resolve()
      controller.abort()
      expect(await failing).toMatchObject({ name: 'AbortError' })
    }
  })

  it('keeps the errors of this library where every controller is such a one', async () => {
    vi.stubGlobal('AbortController', OldController)
    const late = clientOf(silent, { policies: [timeout({ total: 5 })] })
    expect(await failureOf(createChatCompletion(late, chatRequest))).toMatchObject({
      name: 'TimeoutError',
      phase: 'total',
    })
    for (const reason of [undefined, new Error('mine')]) {
      const stream = streamChatCompletion(clientOf(silent), chatRequest)
      const failing = failureOf(collectText(stream))
      stream.abort(reason)
      expect(await failing).toMatchObject(reason ?? { name: 'AbortError' })
    }
  })

  it('keeps the reasons of tools and of the work around them', async () => {
    vi.stubGlobal('AbortController', OldController)
    const onToolError = vi.fn(() => 'too slow')
    const slow = tool({ name: 'slow', timeout: 5, execute: () => new Promise(() => {}) })
    const call = { id: 'call_1', type: 'function', function: { name: 'slow', arguments: '{}' } }
    const message = { role: 'assistant', content: null, tool_calls: [call] }
    const calling = { ...completion, choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }
    const answers = [calling, completion]
    const client = clientOf(async () => json(answers.shift()))
    await runTools(client, { ...chatRequest, tools: [slow] }, { onToolError })
    expect(onToolError).toHaveBeenCalledWith(
      expect.objectContaining({ name: 'TimeoutError', phase: 'total' }),
      expect.anything(),
    )
    const controller = new OldController()
    const signal = controller.signal as unknown as AbortSignal
    const failing = failureOf(async () => {
      for await (const _ of streamTools(clientOf(silent), { ...chatRequest, tools: [slow] }, { signal }));
    })
    await Promise.resolve()
    controller.abort()
    expect(await failing).toMatchObject({ name: 'AbortError' })
  })

  it('lets tools run, fail and take too long', async () => {
    vi.stubGlobal('AbortController', OldController)
    const names = ['good', 'bad', 'slow']
    const tools = [
      tool({ name: 'good', execute: () => 'fine' }),
      tool({ name: 'bad', execute: () => Promise.reject(new Error('no')) }),
      tool({ name: 'slow', timeout: 1, execute: () => new Promise(() => {}) }),
    ]
    const { client } = scripted([{ calls: names.map(name => ({ name, args: {} })) }, { content: 'Done.' }])
    const { signal } = new OldController() as unknown as AbortController
    const { text, steps } = await runTools(client, { ...chatRequest, tools }, { signal })
    const told = steps[0]!.results.map(({ message }) => message.content)
    expect([text, ...told]).toEqual(['Done.', 'fine', 'Failed: no', 'Failed: It took over 1 ms'])
  })

  it('ends a run of tools with an AbortError', async () => {
    vi.stubGlobal('AbortController', OldController)
    for (const when of ['before', 'during']) {
      const controller = new OldController()
      const signal = controller.signal as unknown as AbortSignal
      if (when === 'before') controller.abort()
      const failing = failureOf(runTools(clientOf(silent), chatRequest, { signal }))
      controller.abort()
      expect(await failing).toMatchObject({ name: 'AbortError' })
    }
  })
})

describe('the fetch', () => {
  it('that a runtime does not have is a matter of set-up, and not tried again', async () => {
    vi.stubGlobal('fetch', undefined)
    const onRetry = vi.fn()
    const error = await failureOf(async () => {
      const client = createClient({ baseUrl: BASE, policies: [retry({ initialDelay: 0, onRetry })] })
      await createChatCompletion(client, chatRequest)
    })
    expect(error).toMatchObject({ name: 'ConfigurationError', retryable: false })
    expect(onRetry).not.toHaveBeenCalled()
  })

  it.each<[string, unknown, string]>([
    ['a fault in it', new ReferenceError('tokenn is not defined'), 'ConnectionError'],
    [
      'a dispatcher of another version (openai-node#1886)',
      new TypeError('fetch failed', { cause: { code: 'UND_ERR_INVALID_ARG' } }),
      'ConnectionError',
    ],
    [
      'a certificate (openclaw#111817)',
      new TypeError('fetch failed', { cause: { code: 'CERT_HAS_EXPIRED' } }),
      'ConnectionError',
    ],
    ['an abort of its own', new DOMException('aborted', 'AbortError'), 'ConnectionError'],
  ])('is asked once where no retry heals what it throws: %s', async (_, thrown, name) => {
    const { client, sent } = counting(() => {
      throw thrown
    })
    expect(await failureOf(createChatCompletion(client, chatRequest))).toMatchObject({ name, cause: thrown })
    expect(sent()).toBe(1)
  })

  it('may have a time limit of its own (cline#9328)', async () => {
    const { client, sent } = counting(() => {
      throw new DOMException('The operation timed out.', 'TimeoutError')
    })
    expect(await failureOf(createChatCompletion(client, chatRequest))).toMatchObject({ name: 'TimeoutError' })
    expect(sent()).toBe(4)
  })

  it('is given what workerd knows of RequestInit, and nothing else (workerd#698)', async () => {
    const fetch = vi.fn<Fetch>(async () => json(completion))
    const policies = [timeout({ total: 1000 }), cache(), retry(), timeout(1000)]
    await createChatCompletion(clientOf(fetch, { policies }), chatRequest)
    expect(Object.keys(fetch.mock.calls[0]![1]).sort()).toEqual([
      'body',
      'headers',
      'method',
      'redirect',
      'signal',
    ])
  })
})

describe('a runtime without crypto.subtle', () => {
  it('still calls through the cache', async () => {
    vi.stubGlobal('crypto', {})
    const onError = vi.fn()
    const client = clientOf(async () => json(completion), { policies: [cache({ onError })] })
    expect(await createChatCompletion(client, chatRequest)).toMatchObject({ id: 'chatcmpl-1' })
    expect(onError).toHaveBeenCalled()
  })
})
