import { describe, expect, it } from 'vitest'
import {
  IncompleteStreamError,
  LLMError,
  ProtocolError,
  RateLimitError,
  ServerError,
} from '../../src/index.ts'
import {
  streamCompletion,
  streamImage,
  streamImageEdit,
  streamRun,
  streamSpeech,
  streamThreadAndRun,
  streamTranscription,
} from '../../src/openai/index.ts'
import { clientOf, json } from '../client/harness.ts'
import { bodyOf } from '../responses/support.ts'
import { drain, sse } from '../support/frames.ts'

interface Asked {
  url: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever was sent
  body: any
  accept: string | undefined
}

/** A client that answers with these events, and what it was asked. */
function answering(text: string, then: 'end' | 'stay open' | 'break' = 'end', headers?: HeadersInit) {
  const asked: Asked[] = []
  const client = clientOf(async (url, init) => {
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : init.body
    asked.push({
      url: url.slice('https://api.test/v1'.length),
      body,
      accept: (init.headers as Record<string, string>).accept,
    })
    return new Response(bodyOf([text], then), headers ? { headers } : {})
  })
  return { client, asked }
}

const partial = { type: 'image_generation.partial_image', b64_json: 'AA==', partial_image_index: 0 }
const image = { type: 'image_generation.completed', b64_json: 'BB==', created_at: 1 }

describe('streamImage', () => {
  it('hands out the events up to the image, though the socket stays open', async () => {
    const { client, asked } = answering(sse(partial, image), 'stay open')
    const { values, error } = await drain(streamImage(client, { prompt: 'A cat', partialImages: 1 }))
    expect(error).toBeUndefined()
    expect(values).toEqual([
      { type: 'image_generation.partial_image', b64Json: 'AA==', partialImageIndex: 0 },
      { type: 'image_generation.completed', b64Json: 'BB==', createdAt: 1 },
    ])
    expect(asked).toEqual([
      {
        url: '/images/generations',
        body: { prompt: 'A cat', partial_images: 1, stream: true },
        accept: 'text/event-stream',
      },
    ])
  })

  it('waits for as many images as were asked for', async () => {
    const two = await drain(
      streamImage(answering(sse(image, image), 'stay open').client, { prompt: 'A', n: 2 }),
    )
    expect([two.values.length, two.error]).toEqual([2, undefined])
    const one = await drain(streamImage(answering(sse(image)).client, { prompt: 'A', n: 2 }))
    expect([one.values.length, (one.error as Error).name]).toEqual([1, 'IncompleteStreamError'])
  })

  it('is not whole without the image', async () => {
    for (const then of ['end', 'break'] as const) {
      const { values, error } = await drain(
        streamImage(answering(sse(partial), then).client, { prompt: 'A' }),
      )
      expect(values).toHaveLength(1)
      expect(error).toBeInstanceOf(IncompleteStreamError)
    }
    const none = await drain(streamImage(answering('').client, { prompt: 'A' }))
    expect(none.error).toMatchObject({ retryable: true })
  })

  it('throws what an event tells of', async () => {
    const told = { type: 'error', error: { code: 'rate_limit_exceeded', message: 'Slow down' } }
    const { error } = await drain(streamImage(answering(sse(partial, told)).client, { prompt: 'A' }))
    expect(error).toBeInstanceOf(RateLimitError)
  })

  it('takes JSON in answer to a stream for the last event', async () => {
    const client = clientOf(async () => json({ created: 1, data: [{ b64_json: 'BB==' }] }))
    const { values } = await drain(streamImage(client, { prompt: 'A' }))
    expect(values).toEqual([{ type: 'image_generation.completed', created: 1, data: [{ b64Json: 'BB==' }] }])
  })
})

describe('streams that are asked for in other ways', () => {
  it('streamSpeech asks with its format, and not with a parameter that the service does not know', async () => {
    const { client, asked } = answering(
      sse(
        { type: 'speech.audio.delta', audio: 'AA' },
        { type: 'speech.audio.done', usage: { total_tokens: 1 } },
      ),
    )
    const { values, error } = await drain(streamSpeech(client, { model: 'tts', input: 'Hi', voice: 'alloy' }))
    expect(error).toBeUndefined()
    expect(values.at(-1)).toEqual({ type: 'speech.audio.done', usage: { totalTokens: 1 } })
    expect(asked[0]!.body).toEqual({ model: 'tts', input: 'Hi', voice: 'alloy', stream_format: 'sse' })
    expect(asked[0]!.accept).toBe('text/event-stream')
  })

  it('streamTranscription and streamImageEdit ask in their forms', async () => {
    const file = new File(['sound'], 'a.wav')
    const text = answering(
      sse({ type: 'transcript.text.delta', delta: 'Hi' }, { type: 'transcript.text.done', text: 'Hi' }),
    )
    const read = await drain(streamTranscription(text.client, { file, model: 'm', include: ['logprobs'] }))
    expect(read.values).toHaveLength(2)
    const form = text.asked[0]!.body as FormData
    expect([...form.keys()]).toEqual(['file', 'model', 'include[]', 'stream'])
    expect(form.get('stream')).toBe('true')

    const edits = answering(
      sse({ ...image, type: 'image_edit.completed' }, { ...image, type: 'image_edit.completed' }),
    )
    const edited = await drain(streamImageEdit(edits.client, { image: [file, file], prompt: 'A', n: 2 }))
    expect([edited.values.length, edited.error]).toEqual([2, undefined])
    expect([...(edits.asked[0]!.body as FormData).keys()]).toEqual([
      'image[]',
      'image[]',
      'prompt',
      'n',
      'stream',
    ])

    const byUrl = answering(sse({ ...image, type: 'image_edit.completed' }))
    await drain(
      streamImageEdit(byUrl.client, { images: [{ imageUrl: 'https://a.test/a.png' }], prompt: 'A' }),
    )
    expect(byUrl.asked[0]!.body).toEqual({
      images: [{ image_url: 'https://a.test/a.png' }],
      prompt: 'A',
      stream: true,
    })
  })
})

describe('streamRun', () => {
  const run = (status: string) => ({ id: 'run_1', object: 'thread.run', status, last_error: null, tools: [] })
  const named = (event: string, data: unknown) =>
    `event: ${event}\ndata: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
  const whole =
    named('thread.run.created', run('queued')) +
    named('thread.run.completed', run('completed')) +
    named('done', '[DONE]')

  it('hands out events with their names, and ends at `done`', async () => {
    const { client, asked } = answering(whole, 'stay open')
    const stream = streamRun(client, 't 1', {
      assistantId: 'a',
      include: ['step_details.tool_calls[*].file_search.results[*].content'],
    })
    const { values, error } = await drain(stream)
    expect(error).toBeUndefined()
    expect(values.map(value => value.event)).toEqual(['thread.run.created', 'thread.run.completed'])
    expect(values[1]).toMatchObject({ data: { id: 'run_1', lastError: null } })
    expect(asked[0]!.body).toEqual({ assistant_id: 'a', stream: true })
    expect(decodeURIComponent(asked[0]!.url)).toBe(
      '/threads/t 1/runs?include[]=step_details.tool_calls[*].file_search.results[*].content',
    )
  })

  it('is not whole before that, and throws the error that it is told of', async () => {
    const cut = await drain(
      streamThreadAndRun(answering(named('thread.run.created', run('queued'))).client, { assistantId: 'a' }),
    )
    expect([cut.values.length, (cut.error as Error).name]).toEqual([1, 'IncompleteStreamError'])
    const told = named('error', { code: 'server_error', message: 'Oops' })
    const nameless = 'data: {"error":{"code":"server_error","message":"Oops"}}\n\ndata: [DONE]\n\n'
    for (const event of [told, nameless]) {
      const failed = await drain(streamThreadAndRun(answering(event).client, { assistantId: 'a' }))
      expect(failed.error).toBeInstanceOf(ServerError)
    }
  })

  it('rejects for what is no id where it is read', async () => {
    const { error } = await drain(streamRun(answering('').client, '..', { assistantId: 'a' }))
    expect(error).toMatchObject({ issues: [{ path: 'threadId', message: 'must be an id' }] })
  })

  it('takes JSON in answer to a stream for one event', async () => {
    const { values } = await drain(
      streamThreadAndRun(
        clientOf(async () => json(run('completed'))),
        { assistantId: 'a' },
      ),
    )
    expect(values).toMatchObject([{ event: 'thread.run.completed', data: { id: 'run_1' } }])
  })
})

describe('streamCompletion', () => {
  const piece = (text: string, finish_reason: string | null = null, index = 0) => ({
    id: 'c',
    object: 'text_completion',
    choices: [{ index, text, finish_reason, logprobs: { top_logprobs: [{ a_b: -1 }] } }],
  })

  it('is whole once every text has a reason to finish, or at [DONE]', async () => {
    const { client, asked } = answering(sse(piece('a'), piece('b', 'stop')))
    const { values, error } = await drain(streamCompletion(client, { model: 'm', prompt: 'Hi' }))
    expect([values.length, error]).toEqual([2, undefined])
    expect(asked[0]!.body).toEqual({ model: 'm', prompt: 'Hi', stream: true })
    // A token is no name.
    expect(values[0]).toMatchObject({
      choices: [{ finishReason: null, logprobs: { topLogprobs: [{ a_b: -1 }] } }],
    })
    const done = await drain(
      streamCompletion(answering(sse(piece('a'), '[DONE]')).client, { model: 'm', prompt: 'Hi' }),
    )
    expect(done.error).toBeUndefined()
  })

  it('is not whole before that: for each prompt, and as often as was asked for', async () => {
    const cases = [
      { prompt: 'Hi', text: sse(piece('a')) },
      { prompt: ['a', 'b'], text: sse(piece('a', 'stop')) },
      { prompt: 'Hi', n: 2, text: sse(piece('a', 'stop'), piece('b', null, 1)) },
      { prompt: 'Hi', text: sse('[DONE]') },
    ]
    for (const { text, ...request } of cases) {
      const { error } = await drain(streamCompletion(answering(text).client, { model: 'm', ...request }))
      expect(error).toBeInstanceOf(IncompleteStreamError)
    }
  })

  it('hands out the text of a service that broke off, and then throws', async () => {
    for (const reason of ['abort', 'error']) {
      const { values, error } = await drain(
        streamCompletion(answering(sse(piece('a'), piece('b', reason), '[DONE]')).client, {
          model: 'm',
          prompt: 'Hi',
        }),
      )
      expect(values).toHaveLength(2)
      expect(error).toBeInstanceOf(ServerError)
      expect(error).toMatchObject({ code: reason })
    }
    const choice = { index: 0, text: '', finish_reason: 'error', error: { code: 429, message: 'Slow down' } }
    const { error } = await drain(
      streamCompletion(answering(sse(piece('a'), { choices: [choice] }, '[DONE]')).client, {
        model: 'm',
        prompt: 'Hi',
      }),
    )
    expect(error).toBeInstanceOf(RateLimitError)
  })

  it('throws what is told outside of the framing, or by the name of an event, though [DONE] follows', async () => {
    for (const told of [
      'error: {"code":500,"message":"Oops"}\n\n',
      '{"error":{"code":500,"message":"Oops"}}\n\n',
      'event: error\ndata: {"status":500,"reason":"Oops"}\n\n',
    ]) {
      const { values, error } = await drain(
        streamCompletion(answering(`${sse(piece('a'))}${told}${sse('[DONE]')}`).client, {
          model: 'm',
          prompt: 'Hi',
        }),
      )
      expect(values).toHaveLength(1)
      expect(error, told).toBeInstanceOf(ServerError)
    }
  })

  it('takes JSON in answer to a stream for the one event', async () => {
    const read = (body: unknown) =>
      drain(
        streamCompletion(
          clientOf(async () => json(body)),
          { model: 'm', prompt: 'Hi' },
        ),
      )
    const { values, error } = await read(piece('a', 'stop'))
    expect(error).toBeUndefined()
    expect(values).toMatchObject([{ choices: [{ text: 'a' }] }])
    expect((await read(piece('a', 'abort'))).error).toBeInstanceOf(ServerError)
    expect((await read([piece('a', 'stop')])).error).toBeInstanceOf(ProtocolError)
    expect((await read({ id: 'c' })).error).toBeInstanceOf(IncompleteStreamError)
  })

  it('throws errors and broken events', async () => {
    const told = await drain(
      streamCompletion(answering(sse({ error: { message: 'Oops', code: 500 } })).client, {
        model: 'm',
        prompt: 'Hi',
      }),
    )
    expect(told.error).toBeInstanceOf(ServerError)
    const broken = await drain(streamCompletion(answering(sse('{')).client, { model: 'm', prompt: 'Hi' }))
    expect(broken.error).toBeInstanceOf(LLMError)
    expect(
      (await drain(streamCompletion(answering('<html>').client, { model: 'm', prompt: 'Hi' }))).error,
    ).toBeInstanceOf(ProtocolError)
  })
})
