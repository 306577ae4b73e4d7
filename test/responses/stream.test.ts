import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  APIError,
  IncompleteStreamError,
  NotFoundError,
  ProtocolError,
  RateLimitError,
  retry,
  ServerError,
  TimeoutError,
  timeout,
  ValidationError,
} from '../../src/index.ts'
import { type CreateResponse, resumeResponse, streamResponse } from '../../src/responses/index.ts'
import { clientOf, failureOf, json } from '../client/harness.ts'
import { helloEvents, message, read, scripted, sseOf, streamOf, types, wireResponse } from './support.ts'

const request: CreateResponse = { model: 'fake-small', input: 'Say hello' }

afterEach(() => {
  vi.useRealTimers()
})

const readAnswer = (...answers: readonly (() => Response)[]) =>
  read(streamResponse(scripted(answers).client, request))

describe('streamResponse', () => {
  it('asks for a stream, and hands out its events with names in camelCase', async () => {
    let sent: unknown
    const client = clientOf(async (url, init) => {
      sent = [
        url,
        init.method,
        JSON.parse(init.body as string),
        (init.headers as Record<string, string>).accept,
      ]
      return streamOf([sseOf(helloEvents)])
    })
    const outcome = await read(
      streamResponse(client, { ...request, maxOutputTokens: 9, previous_response_id: 'resp_0' }),
    )
    expect(sent).toEqual([
      'https://api.test/v1/responses',
      'POST',
      {
        model: 'fake-small',
        input: 'Say hello',
        max_output_tokens: 9,
        previous_response_id: 'resp_0',
        stream: true,
      },
      'text/event-stream',
    ])
    expect(outcome.error).toBeUndefined()
    expect(outcome.events).toHaveLength(helloEvents.length)
    expect(outcome.events[4]).toEqual({
      type: 'response.output_text.delta',
      sequenceNumber: 4,
      itemId: 'msg_1',
      outputIndex: 0,
      contentIndex: 0,
      delta: 'Hel',
      logprobs: [],
    })
    // The user's own names stay.
    expect(outcome.events[0]).toMatchObject({ response: { createdAt: 1, metadata: { user_id: 'a_b' } } })
  })

  it.each(['completed', 'incomplete'])('ends at response.%s, though the socket stays open', async status => {
    const events = [
      ...helloEvents.slice(0, -1),
      { type: `response.${status}`, response: wireResponse(status) },
    ]
    const outcome = await readAnswer(() => streamOf([sseOf(events)], 'stay open'))
    expect(outcome.error).toBeUndefined()
    expect(types(outcome).at(-1)).toBe(status)
  })

  it('reads nothing after the last event', async () => {
    const more = { type: 'response.output_text.delta', delta: 'more' }
    const outcome = await readAnswer(() => streamOf([sseOf([...helloEvents, more]), 'data: [DONE]\n\n']))
    expect(types(outcome).at(-1)).toBe('completed')
  })

  it('does not take [DONE] for the end of a response', async () => {
    const outcome = await readAnswer(() => streamOf([sseOf(helloEvents.slice(0, -1)), 'data: [DONE]\n\n']))
    expect(outcome.error).toBeInstanceOf(IncompleteStreamError)
    expect(outcome.error!.resumeAfter).toBe(8)
    expect(outcome.events).toHaveLength(9)
  })

  it('is whole with the last event and never before, wherever the bytes are cut', async () => {
    const bytes = new TextEncoder().encode(sseOf(helloEvents))
    const ends = helloEvents.map(
      (_, index) => new TextEncoder().encode(sseOf(helloEvents.slice(0, index + 1))).length,
    )
    // Its JSON counts without the blank line after it.
    const whole = bytes.length - 2
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { events, error } = await readAnswer(() => streamOf([bytes.slice(0, cut)]))
      if (cut >= whole) {
        expect([cut, error, events.length]).toEqual([cut, undefined, helloEvents.length])
        continue
      }
      // An event's JSON may be whole before its blank line is.
      const arrived = ends.filter(end => end - 2 <= cut).length
      expect([cut, error?.name, events.length]).toEqual([cut, 'IncompleteStreamError', arrived])
      expect([cut, error!.resumeAfter]).toEqual([cut, arrived ? arrived - 1 : undefined])
      expect([cut, error!.retryable]).toEqual([cut, !arrived])
    }
  }, 60_000)

  it('tells of a connection that broke, with the response so far and where to go on', async () => {
    const { error, events } = await readAnswer(() => streamOf([sseOf(helloEvents.slice(0, 5))], 'break'))
    expect(error).toBeInstanceOf(IncompleteStreamError)
    expect([events.length, error!.resumeAfter]).toEqual([5, 4])
    expect(error!.partial).toMatchObject({ id: 'resp_1', status: 'in_progress' })
    expect(error!.message).toContain('POST api.test/v1/responses: ')
  })

  it('tells of silence, with where to go on', async () => {
    const { client } = scripted([() => streamOf([sseOf(helloEvents.slice(0, 3))], 'stay open')], {
      policies: [timeout({ idle: 30 })],
    })
    const { error } = await read(streamResponse(client, request))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ phase: 'idle', resumeAfter: 2, partial: { id: 'resp_1' } })
  })

  it('hands out events of types that nobody knows', async () => {
    const own = { type: 'vendor.thing_done', some_value: { deep_key: 1 } }
    const { events } = await readAnswer(() => streamOf([sseOf([helloEvents[0]!, own, helloEvents.at(-1)!])]))
    expect(events[1]).toEqual({ type: 'vendor.thing_done', someValue: { deepKey: 1 } })
  })

  it('takes the name of an event for its type where the data have none', async () => {
    const { type: _, ...rest } = helloEvents.at(-1) as { type: string }
    const { events, error } = await readAnswer(() =>
      streamOf([`event: response.completed\ndata: ${JSON.stringify(rest)}\n\n`], 'stay open'),
    )
    expect(error).toBeUndefined()
    expect(events[0]!.type).toBe('response.completed')
  })

  it('leaves out comments and events without members', async () => {
    const outcome = await readAnswer(() =>
      streamOf([': hi\n\nevent: ping\ndata: {}\n\n', sseOf(helloEvents)]),
    )
    expect(outcome.events).toHaveLength(helloEvents.length)
  })

  it('leaves the ids and categories of moderation as they are', async () => {
    const moderation = {
      input: { results: [{ categories: { self_harm: true }, category_scores: { self_harm: 1 } }] },
    }
    const last = { type: 'response.completed', response: wireResponse('completed', [], { moderation }) }
    const { events } = await readAnswer(() => streamOf([sseOf([last])]))
    expect(events[0]).toMatchObject({
      response: {
        moderation: {
          input: { results: [{ categories: { self_harm: true }, categoryScores: { self_harm: 1 } }] },
        },
      },
    })
  })

  it('takes JSON in answer to a stream for one event', async () => {
    const whole = () => json(wireResponse('completed', [message('Hi')]))
    const outcome = await readAnswer(whole)
    expect(types(outcome)).toEqual(['completed'])
    expect(outcome.events[0]).toMatchObject({
      response: { createdAt: 1, output: [{ content: [{ text: 'Hi' }] }] },
    })
    const queued = await readAnswer(() => json(wireResponse('queued')))
    expect(queued.error).toBeInstanceOf(IncompleteStreamError)
    const refused = await readAnswer(() => json({ error: { message: 'No', code: 'rate_limit_exceeded' } }))
    expect(refused.error).toBeInstanceOf(RateLimitError)
    const failed = await readAnswer(() =>
      json(wireResponse('failed', [], { error: { code: 'server_error', message: 'No' } })),
    )
    expect(failed.error).toBeInstanceOf(ServerError)
  })

  it('refuses HTML and broken events', async () => {
    const html = await readAnswer(() => streamOf(['<html>']))
    expect(html.error).toBeInstanceOf(ProtocolError)
    const broken = await readAnswer(() =>
      streamOf([sseOf(helloEvents.slice(0, 1)), 'data: {"type":\n\n', sseOf(helloEvents)]),
    )
    expect(broken.error).toBeInstanceOf(ProtocolError)
    expect(broken.events).toHaveLength(1)
  })

  it('throws its errors where it is read, and nothing at the call', async () => {
    const { client } = scripted([])
    const stream = streamResponse(client, { ...request, temperature: Number.NaN })
    expect((await read(stream)).error).toBeInstanceOf(ValidationError)
    const early = streamResponse(client, request, { resumable: true })
    expect((await read(early)).error).toMatchObject({
      issues: [{ path: 'resumable', message: expect.stringContaining('background') }],
    })
  })
})

describe('a response that fails', () => {
  const failed = (code: string, output: readonly object[] = []) => ({
    type: 'response.failed',
    sequence_number: 5,
    response: wireResponse('failed', output, { error: { code, message: 'It broke' } }),
  })

  it.each([
    ['server_error', ServerError, 500],
    ['rate_limit_exceeded', RateLimitError, 429],
    ['invalid_prompt', ValidationError, 400],
  ])('is handed out, and then thrown: %s', async (code, Class, status) => {
    const events = [...helloEvents.slice(0, 5), failed(code, [message('Hel', 'incomplete')])]
    const outcome = await readAnswer(() => streamOf([sseOf(events)], 'stay open'))
    expect(types(outcome).at(-1)).toBe('failed')
    expect(outcome.events).toHaveLength(6)
    expect(outcome.error).toBeInstanceOf(Class)
    expect(outcome.error).toMatchObject({ code, status })
    // As far as the service says, so that the text is not lost.
    expect(outcome.error!.partial).toMatchObject({
      status: 'failed',
      output: [{ content: [{ text: 'Hel' }] }],
    })
    expect(outcome.error!.resumeAfter).toBeUndefined()
  })

  it('is thrown without words of the service, too', async () => {
    const event = { type: 'response.failed', response: wireResponse('failed') }
    const { error, events } = await readAnswer(() => streamOf([sseOf([event])]))
    expect(events).toHaveLength(1)
    expect(error).toBeInstanceOf(APIError)
    expect(error!.message).toContain('The response failed')
  })

  it('is thrown where the event that ends the stream is called completed', async () => {
    const error = { code: 'rate_limit_exceeded', message: 'Slow down' }
    const event = { type: 'response.completed', response: { ...wireResponse('failed'), error } }
    const outcome = await readAnswer(() => streamOf([sseOf([event])]))
    expect(outcome.events).toHaveLength(1)
    expect(outcome.error).toBeInstanceOf(RateLimitError)
  })

  it('is none of a tool that failed', async () => {
    const events = [{ type: 'response.mcp_call.failed', item_id: 'm', output_index: 0 }, ...helloEvents]
    expect(await readAnswer(() => streamOf([sseOf(events)]))).toMatchObject({ error: undefined })
  })

  it('is thrown for an event `error`, flat as the API says and nested as it does', async () => {
    const flat = {
      type: 'error',
      code: 'rate_limit_exceeded',
      message: 'Slow down',
      param: null,
      sequence_number: 3,
    }
    const nested = {
      type: 'error',
      error: { type: 'server_error', code: null, message: 'Oops' },
      sequence_number: 3,
    }
    for (const [event, Class] of [
      [flat, RateLimitError],
      [nested, ServerError],
    ] as const) {
      const { error, events } = await readAnswer(() =>
        streamOf([sseOf([...helloEvents.slice(0, 3), event])], 'stay open'),
      )
      expect(events).toHaveLength(3)
      expect(error).toBeInstanceOf(Class)
      expect(error!.partial).toMatchObject({ id: 'resp_1' })
    }
  })

  it('is thrown for a line that is no event', async () => {
    const { error } = await readAnswer(() =>
      streamOf([sseOf(helloEvents.slice(0, 3)), '{"error":{"message":"gone","code":"server_error"}}\n']),
    )
    expect(error).toBeInstanceOf(ServerError)
  })

  it('is not asked for again once an event has been handed out', async () => {
    const answers = [() => streamOf([sseOf([...helloEvents.slice(0, 2), failed('server_error')])])]
    const { client, asked } = scripted(answers, { policies: [retry({ initialDelay: 1 })] })
    expect((await read(streamResponse(client, request))).error).toBeInstanceOf(ServerError)
    expect(asked).toHaveLength(1)
  })
})

describe('a stream that may resume', () => {
  const background: CreateResponse = { ...request, background: true }
  const rest = (from: number) => () => streamOf([sseOf(helloEvents.slice(from))])
  const cut =
    (to: number, then: 'end' | 'break' = 'break') =>
    () =>
      streamOf([sseOf(helloEvents.slice(0, to))], then)

  it('goes on after each break, and hands out every event once', async () => {
    const { client, asked } = scripted([
      cut(3),
      () => streamOf([sseOf(helloEvents.slice(3, 6))], 'end'),
      // A proxy that dropped `starting_after`.
      rest(0),
    ])
    const outcome = await read(
      streamResponse(client, background, { resumable: true, idempotencyKey: 'once' }),
    )
    expect(outcome.error).toBeUndefined()
    expect(types(outcome)).toEqual(
      helloEvents.map(event => (event as { type: string }).type.replace('response.', '')),
    )
    expect(asked).toEqual([
      'POST /responses',
      'GET /responses/resp_1?stream=true&starting_after=2',
      'GET /responses/resp_1?stream=true&starting_after=5',
    ])
  })

  it('hands out everything of a service that numbers no events', async () => {
    const plain = helloEvents.map(event => ({ ...event, sequence_number: 0 }))
    const outcome = await readAnswer(() => streamOf([sseOf(plain)]))
    expect([outcome.error, outcome.events.length]).toEqual([undefined, helloEvents.length])
  })

  it('does not go on with one that numbers no events: all would come again', async () => {
    const plain = helloEvents.slice(0, 4).map(event => ({ ...event, sequence_number: undefined }))
    const again = () => streamOf([sseOf(plain)], 'break')
    const { client, asked } = scripted([again, again, again])
    const { error, events } = await read(streamResponse(client, background, { resumable: true }))
    expect(error).toBeInstanceOf(IncompleteStreamError)
    expect([events.length, asked.length, Object(error).resumeAfter]).toEqual([4, 1, undefined])
  })

  it('hands out what has no number', async () => {
    const unnumbered = helloEvents.slice(3).map(event => ({ ...event, sequence_number: null }))
    const { client } = scripted([() => streamOf([sseOf(unnumbered)])])
    const { events } = await read(resumeResponse(client, 'resp_1', 2))
    expect(events).toHaveLength(unnumbered.length)
  })

  it('ends at once with one that was cancelled', async () => {
    const cancelled = () => json(wireResponse('cancelled'))
    const { client, asked } = scripted([cut(3), cancelled, cancelled])
    const { error } = await read(streamResponse(client, background, { resumable: true }))
    expect(error).toMatchObject({ name: 'APIError', code: 'cancelled' })
    expect(asked).toHaveLength(2)
  })

  it('throws what the service says to the request for the rest, with what had arrived', async () => {
    const gone = () => json({ error: { message: 'No such response' } }, { status: 404 })
    const { client } = scripted([cut(4), gone])
    const { error, events } = await read(streamResponse(client, background, { resumable: true }))
    expect(error).toBeInstanceOf(NotFoundError)
    expect([events.length, error!.partial]).toEqual([4, expect.objectContaining({ id: 'resp_1' })])
  })

  it('does not resume what failed, or what never began', async () => {
    const failed = {
      type: 'response.failed',
      response: wireResponse('failed', [], { error: { code: 'server_error', message: 'x' } }),
    }
    const { client, asked } = scripted([
      () => streamOf([sseOf([helloEvents[0]!, failed])]),
      () => streamOf(['']),
    ])
    expect((await read(streamResponse(client, background, { resumable: true }))).error).toBeInstanceOf(
      ServerError,
    )
    expect((await read(streamResponse(client, background, { resumable: true }))).error).toBeInstanceOf(
      IncompleteStreamError,
    )
    expect(asked).toEqual(['POST /responses', 'POST /responses'])
  })

  it('ends at once when it is aborted while it asks for the rest', async () => {
    const { client } = scripted([cut(3), () => new Promise<Response>(() => {})])
    const controller = new AbortController()
    const stream = streamResponse(client, background, { resumable: true, signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 20)
    const { error, events } = await read(stream)
    expect([events.length, error?.message]).toEqual([3, 'enough'])
  })

  it('ends quietly when it is left while it asks for the rest', async () => {
    const { client, asked } = scripted([cut(3), () => new Promise<Response>(() => {})])
    const iterator = streamResponse(client, background, { resumable: true })[Symbol.asyncIterator]()
    for (let i = 0; i < 3; i++) await iterator.next()
    const waiting = iterator.next()
    await new Promise(resolve => setTimeout(resolve, 10))
    await iterator.return!()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(asked).toHaveLength(2)
  })

  it('still hears the caller’s signal after it has gone on', async () => {
    const stays = () => streamOf([sseOf(helloEvents.slice(3, 5))], 'stay open')
    const { client } = scripted([cut(3), stays])
    const controller = new AbortController()
    const iterator = streamResponse(client, background, { resumable: true, signal: controller.signal })[
      Symbol.asyncIterator
    ]()
    for (let i = 0; i < 5; i++) await iterator.next()
    const waiting = failureOf(iterator.next())
    controller.abort(new Error('stop'))
    expect((await waiting).message).toBe('stop')
  })

  it('gives up when nothing more comes', async () => {
    vi.useFakeTimers()
    const breaks = () => streamOf([''], 'break')
    const { client, asked } = scripted([cut(3), breaks, breaks, breaks, breaks, breaks, breaks])
    const outcome = read(streamResponse(client, background, { resumable: true }))
    await vi.runAllTimersAsync()
    expect((await outcome).error).toMatchObject({ resumeAfter: 2 })
    expect(asked).toHaveLength(6)
  })
})
