import { describe, expect, it, vi } from 'vitest'
import {
  APIError,
  type ChatCompletionChunk,
  ChatCompletionStream,
  finalCompletion,
  IncompleteStreamError,
  readStream,
  timeout,
  toSSEResponse,
} from '../../src/index.ts'
import { DIALECTS } from '../fixtures/dialects.ts'
import {
  bodyOf,
  bytesOf,
  chunk,
  drain,
  events,
  outcome,
  STOP,
  sse,
  streamOf,
  textOf,
  until,
} from '../support/frames.ts'

const HI = chunk({ content: 'Hi' })

/** Reads what a response says with this library's own client. */
const again = (response: Response) => streamOf(() => response)

async function* chunksOf(list: readonly ChatCompletionChunk[]): AsyncGenerator<ChatCompletionChunk> {
  yield* list
}

describe('toSSEResponse', () => {
  it.each(DIALECTS.filter(({ error }) => !error))(
    'is read back as it was: $name',
    async ({ events: list, completion }) => {
      const text = list.map(each => (typeof each === 'string' ? each : sse(each))).join('')
      const { values } = await drain(streamOf(text))
      const sent = structuredClone(values)
      const { values: back, error } = await drain(again(toSSEResponse(chunksOf(values))))
      expect(error).toBeUndefined()
      expect(back).toEqual(sent)
      expect(await finalCompletion(again(toSSEResponse(streamOf(text))))).toEqual(completion)
    },
  )

  it('writes wire names, vendor fields and [DONE]', async () => {
    const more = { x_groq: { id: 'r' }, metadata: { userId: 1, user_id: 2 } }
    const response = toSSEResponse(streamOf(sse({ ...HI, ...more }, STOP)))
    expect(await response.text()).toBe(sse({ ...HI, ...more }, STOP, '[DONE]'))
  })

  it('H29 keeps an event one event, whatever the text is', async () => {
    const content = 'a\n\ndata: [DONE]\n\n\r\u2028event: error\r\n\r\n'
    const { values, error } = await drain(again(toSSEResponse(streamOf(sse(chunk({ content }), STOP)))))
    expect([textOf(values), error]).toEqual([content, undefined])
  })

  it('has the headers of an event stream, and those that are added', async () => {
    const init = { status: 201, headers: { 'x-more': 'y', 'content-type': 'text/plain' } }
    const { status, headers, body } = toSSEResponse(streamOf(sse(HI, STOP)), init)
    expect([status, headers.get('x-more')]).toEqual([201, 'y'])
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(headers.get('cache-control')).toContain('no-cache')
    expect(init.headers['content-type']).toBe('text/plain')
    await body?.cancel()
  })

  it('H30 sends an error as an event, and no [DONE] after it', async () => {
    const text = await toSSEResponse(streamOf(sse(HI))).text()
    expect(text).not.toContain('[DONE]')
    expect(text.startsWith(sse(HI))).toBe(true)
    const { error } = await drain(again(new Response(text)))
    expect(error).toBeInstanceOf(IncompleteStreamError)
    expect(error).toMatchObject({ retryable: false })
  })

  it('H30 passes on the error of the service, and of a request that failed', async () => {
    const failed = await drain(
      again(
        toSSEResponse(
          streamOf(
            sse(HI, { error: { message: 'Slow down', code: 'rate_limit_exceeded', type: 'requests' } }),
          ),
        ),
      ),
    )
    expect(failed.error).toMatchObject({
      name: 'RateLimitError',
      code: 'rate_limit_exceeded',
      type: 'requests',
    })
    const refused = await drain(again(toSSEResponse(streamOf(() => new Response('{}', { status: 401 })))))
    expect(refused).toMatchObject({ values: [], error: expect.any(APIError) })
  })

  /** How a stream may fail, with what the reader of a relay is to know of it. */
  const failures: readonly (readonly [
    name: string,
    open: () => AsyncIterable<ChatCompletionChunk>,
    error: object,
  ])[] = [
    [
      'a cut stream',
      () => streamOf(sse(HI)),
      { name: 'IncompleteStreamError', said: 'The stream ended early', retryable: false },
    ],
    [
      'a time limit',
      () =>
        streamOf(
          bodyOf([bytesOf(sse(HI))], 'silence').body,
          { timeout: { idle: 5 } },
          { policies: [timeout()] },
        ),
      { name: 'TimeoutError', phase: 'idle', said: 'idle took over 5 ms', retryable: false },
    ],
    [
      'a limit of requests',
      () =>
        streamOf(() => {
          const headers = { 'retry-after': '9', 'x-request-id': 'req_account' }
          const error = { message: 'Slow down', code: 'rate_limit_exceeded', type: 'requests' }
          return new Response(JSON.stringify({ error }), { status: 429, headers })
        }),
      {
        name: 'RateLimitError',
        status: 429,
        code: 'rate_limit_exceeded',
        type: 'requests',
        retryAfter: 9000,
        said: '429 Slow down',
        retryable: true,
      },
    ],
    [
      'a service in trouble, without a code',
      () => streamOf(() => new Response('The engine is down', { status: 503 })),
      { name: 'ServerError', status: 503, code: undefined, said: '503 The engine is down', retryable: true },
    ],
    [
      'a refusal by a filter',
      () => streamOf(sse(HI, { error: { message: 'No', code: 'content_filter' } })),
      { name: 'ContentFilterError', code: 'content_filter', said: '200 No' },
    ],
    [
      'broken JSON',
      () => streamOf(sse(HI, '{{')),
      { name: 'ProtocolError', said: 'Event 2 is not a JSON object', retryable: false },
    ],
    [
      'a size cap',
      () => streamOf(sse(HI, chunk({ content: 'x'.repeat(500) })), {}, { maxEventBytes: 300 }),
      { name: 'LimitError', said: 'An event is over 300 bytes', retryable: false },
    ],
    [
      'a failed connection',
      () =>
        streamOf(() => {
          throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } })
        }),
      {
        name: 'ConnectionError',
        code: 'ECONNREFUSED',
        said: 'Connection failed (ECONNREFUSED)',
        retryable: true,
      },
    ],
  ]

  it.each(failures)(
    'H30 gives %s its class again behind one relay, and behind two',
    async (_, open, known) => {
      const { said, ...members } = known as { said: string }
      const hops = [
        () => again(toSSEResponse(open())),
        () => again(toSSEResponse(again(toSSEResponse(open())))),
        () => readStream(toSSEResponse(open())),
      ]
      for (const [place, hop] of hops.entries()) {
        const { error } = await drain(hop())
        expect(error).toMatchObject(members)
        // Its words once, behind the address of the last hop.
        const address = place === 2 ? '' : 'POST service.test/v1/chat/completions: '
        expect((error as Error).message).toBe(address + said)
        expect(JSON.stringify(error)).not.toContain('req_account')
      }
    },
  )

  it('H28 says of an abort no more than that', async () => {
    const stream = streamOf(sse(HI, STOP))
    await stream.response
    stream.abort(new Error('secret reason'))
    const text = await toSSEResponse(stream).text()
    expect(text).toContain('"type":"aborted"')
    expect(text).not.toContain('secret')
  })

  it('L6 reads by demand', async () => {
    const source = bodyOf(events(HI, HI, HI, HI, STOP).map(bytesOf))
    const stream = streamOf(source.body)
    await stream.response
    const reader = toSSEResponse(stream).body!.getReader()
    expect(source.pulls).toBe(1)
    await reader.read()
    await reader.read()
    expect(source.pulls).toBe(2)
    await reader.cancel()
  })

  it('F13 ends the request when its reader goes away, at rest or waiting', async () => {
    for (const wait of [false, true]) {
      const source = bodyOf([bytesOf(sse(HI))], 'silence')
      const reader = toSSEResponse(streamOf(source.body)).body!.getReader()
      await reader.read()
      const waiting = wait ? outcome(reader.read()) : undefined
      await reader.cancel()
      expect((await waiting)?.value?.done ?? true).toBe(true)
      await until(() => !source.body.locked)
      expect(source.cancels).toBe(1)
    }
  })

  it('sends comments while there is nothing else to send, as many as are taken', async () => {
    let goOn = () => {}
    const silence = new Promise<void>(resolve => {
      goOn = resolve
    })
    async function* silent() {
      await silence
      yield* [HI, STOP]
    }
    const { body } = toSSEResponse(silent(), { keepAlive: 10 })
    const reader = body!.getReader()
    const decoder = new TextDecoder()
    const next = async () => decoder.decode((await reader.read()).value)
    for (let count = 0; count < 3; count++) expect(await next()).toBe(': keep-alive\n\n')
    // Nobody reads for a while, and one comment is kept.
    await new Promise(resolve => setTimeout(resolve, 100))
    goOn()
    let rest = ''
    for (let text = await next(); text; text = await next()) rest += text
    expect(rest.replace(': keep-alive\n\n', '')).toBe(sse(HI, STOP, '[DONE]'))
  })

  it('sends no comment once its reader has gone, or all has been said', async () => {
    const setting = vi.spyOn(globalThis, 'setInterval')
    const clearing = vi.spyOn(globalThis, 'clearInterval')
    const left = toSSEResponse(streamOf(bodyOf([bytesOf(sse(HI))], 'silence').body), {
      keepAlive: 5,
    }).body!.getReader()
    await left.read()
    void left.read()
    await left.cancel()
    await toSSEResponse(streamOf(sse(HI, STOP)), { keepAlive: 5 }).text()
    const timers = setting.mock.results.map(({ value }) => value)
    expect(timers.length).toBeGreaterThan(2)
    expect(clearing.mock.calls.flat()).toEqual(expect.arrayContaining(timers))
    vi.restoreAllMocks()
  })

  it('H16 ends the request when a chunk cannot be written', async () => {
    const deep = JSON.parse('['.repeat(600) + ']'.repeat(600))
    const source = bodyOf([bytesOf(sse(HI)), bytesOf(sse({ ...HI, deep }))], 'silence')
    const text = await toSSEResponse(streamOf(source.body)).text()
    expect(text).toContain('"error"')
    expect(text).not.toContain('[DONE]')
    await until(() => source.cancels === 1)
  })

  it('fails a fold of what it relays with the completion so far', async () => {
    const stream = new ChatCompletionStream(streamOf(sse(HI)))
    const { error } = await outcome(finalCompletion(again(stream.toResponse())))
    expect(error).toMatchObject({ partial: { choices: [{ message: { content: 'Hi' } }] } })
    expect((await outcome(stream.completion())).error).toBeInstanceOf(IncompleteStreamError)
  })
})
