import { describe, expect, it } from 'vitest'
import {
  APIError,
  IncompleteStreamError,
  ProtocolError,
  RateLimitError,
  ServerError,
  teeStream,
} from '../../src/index.ts'
import {
  finalResponse,
  type ModelResponse,
  outputText,
  type ResponseEvent,
  streamResponse,
  toResponseEvent,
} from '../../src/responses/index.ts'
import { failureOf } from '../client/harness.ts'
import { helloEvents, message, numbered, scripted, sseOf, streamOf, wireResponse } from './support.ts'

const open = (...answer: Parameters<typeof streamOf>) =>
  streamResponse(scripted([() => streamOf(...answer)]).client, { model: 'm', input: 'Hi' })

/** What a socket gives: events one by one, and it does not end. */
async function* socket(
  events: readonly object[],
  then: 'end' | 'stay open' = 'stay open',
): AsyncGenerator<ResponseEvent> {
  for (const event of events) yield toResponseEvent(JSON.stringify(event))
  if (then === 'stay open') await new Promise(() => {})
}

const partialOf = async (events: readonly object[]): Promise<ModelResponse> => {
  const error = await failureOf(finalResponse(socket(events, 'end')))
  expect(error).toBeInstanceOf(IncompleteStreamError)
  return error.partial
}

describe('finalResponse', () => {
  it('gives the response that the last event has', async () => {
    const response = await finalResponse(open([sseOf(helloEvents)], 'stay open'))
    expect(outputText(response)).toBe('Hello – ä')
    expect(response).toMatchObject({
      id: 'resp_1',
      status: 'completed',
      createdAt: 1,
      metadata: { user_id: 'a_b' },
    })
  })

  it('never gives a stream that was cut as a response, and keeps the text so far', async () => {
    for (const then of ['end', 'break'] as const) {
      const error = await failureOf(finalResponse(open([sseOf(helloEvents.slice(0, 6))], then)))
      expect(error).toBeInstanceOf(IncompleteStreamError)
      expect(error.resumeAfter).toBe(5)
      expect(error.partial).toMatchObject({ id: 'resp_1', status: 'in_progress' })
      expect(outputText(error.partial)).toBe('Hello – ä')
    }
  })

  it('adds the pieces up where the last event has no output', async () => {
    const last = { type: 'response.completed', response: wireResponse('completed') }
    const response = await finalResponse(open([sseOf([...helloEvents.slice(0, -1), last])]))
    expect(response.status).toBe('completed')
    expect(response.output).toEqual([
      {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Hello – ä', annotations: [] }],
      },
    ])
  })

  it('gives one that is incomplete as what it is', async () => {
    const details = { incomplete_details: { reason: 'max_output_tokens' } }
    const last = {
      type: 'response.incomplete',
      response: wireResponse('incomplete', [message('Hel')], details),
    }
    const response = await finalResponse(open([sseOf([...helloEvents.slice(0, 5), last])]))
    expect([response.status, response.incompleteDetails?.reason]).toEqual(['incomplete', 'max_output_tokens'])
  })

  it('throws for one that failed, with what had arrived', async () => {
    const error = { code: 'server_error', message: 'It broke' }
    const last = { type: 'response.failed', response: wireResponse('failed', [], { error }) }
    const thrown = await failureOf(finalResponse(open([sseOf([...helloEvents.slice(0, 6), last])])))
    expect(thrown).toBeInstanceOf(ServerError)
    expect(thrown.partial.status).toBe('failed')
    expect(outputText(thrown.partial)).toBe('Hello – ä')
  })

  it('throws for one that was cancelled', async () => {
    const last = { type: 'response.cancelled', response: wireResponse('cancelled') }
    const thrown = await failureOf(finalResponse(open([sseOf([...helloEvents.slice(0, 6), last])])))
    expect(thrown).toBeInstanceOf(APIError)
    expect([thrown.code, thrown.partial.status]).toEqual(['cancelled', 'cancelled'])
  })

  it('takes what a tee gives', async () => {
    const [left, right] = teeStream(open([sseOf(helloEvents)]))
    const both = await Promise.all([finalResponse(left), finalResponse(right)])
    expect(both.map(outputText)).toEqual(['Hello – ä', 'Hello – ä'])
  })
})

describe('finalResponse of a socket', () => {
  it('ends with the response, though the socket goes on', async () => {
    expect(outputText(await finalResponse(socket(helloEvents)))).toBe('Hello – ä')
  })

  it('throws for a socket that closed early', async () => {
    const error = await failureOf(finalResponse(socket(helloEvents.slice(0, 6), 'end')))
    expect(error).toBeInstanceOf(IncompleteStreamError)
    expect([error.resumeAfter, outputText(error.partial)]).toEqual([5, 'Hello – ä'])
  })

  it('throws the errors that it is told of', async () => {
    const told = { type: 'error', code: 'rate_limit_exceeded', message: 'Slow down' }
    const nested = {
      type: 'error',
      status: 429,
      error: { code: 'rate_limit_exceeded', message: 'Slow down' },
    }
    const failed = {
      type: 'response.failed',
      response: wireResponse('failed', [], { error: { code: 'x', message: 'y' } }),
    }
    for (const [event, Class] of [
      [told, RateLimitError],
      [nested, RateLimitError],
      [failed, APIError],
    ] as const) {
      const error = await failureOf(finalResponse(socket([...helloEvents.slice(0, 6), event])))
      expect(error).toBeInstanceOf(Class)
      expect(outputText(error.partial)).toBe('Hello – ä')
    }
  })

  it('refuses messages that are no events', () => {
    for (const text of ['', 'no', '"text"', '{']) expect(() => toResponseEvent(text)).toThrow(ProtocolError)
  })
})

describe('what pieces add up to', () => {
  const created = { type: 'response.created', response: wireResponse('in_progress') }
  const added = (output_index: number, item: object) => ({
    type: 'response.output_item.added',
    output_index,
    item,
  })

  it('has the arguments, inputs and code of calls', async () => {
    const calls = [
      ['function_call_arguments', { id: 'a', type: 'function_call', name: 'f', arguments: '' }, 'arguments'],
      ['mcp_call_arguments', { id: 'b', type: 'mcp_call', name: 'f', arguments: '' }, 'arguments'],
      ['custom_tool_call_input', { id: 'c', type: 'custom_tool_call', name: 'f', input: '' }, 'input'],
      ['code_interpreter_call_code', { id: 'd', type: 'code_interpreter_call', code: '' }, 'code'],
    ] as const
    const events = calls.flatMap(([name, item], output_index) => [
      added(output_index, item),
      { type: `response.${name}.delta`, output_index, item_id: item.id, delta: '{"a_b":' },
      { type: `response.${name}.delta`, output_index, item_id: item.id, delta: '1}' },
    ])
    const { output } = await partialOf(numbered(created, ...events))
    expect(output).toEqual(calls.map(([, item, field]) => ({ ...item, [field]: '{"a_b":1}' })))
  })

  it('has refusals, thoughts, their summaries and annotations', async () => {
    const annotation = {
      type: 'url_citation',
      url: 'https://a.test',
      start_index: 0,
      end_index: 2,
      title: 'A',
    }
    const { output } = await partialOf(
      numbered(
        created,
        added(0, { id: 'r', type: 'reasoning', summary: [] }),
        {
          type: 'response.reasoning_summary_part.added',
          output_index: 0,
          summary_index: 0,
          part: { type: 'summary_text', text: '' },
        },
        { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 0, delta: 'Thi' },
        { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 0, delta: 'nk' },
        { type: 'response.reasoning_text.delta', output_index: 0, content_index: 0, delta: 'deep' },
        added(1, { id: 'm', type: 'message', role: 'assistant', content: [] }),
        {
          type: 'response.content_part.added',
          output_index: 1,
          content_index: 0,
          part: { type: 'output_text', text: '', annotations: [] },
        },
        { type: 'response.output_text.delta', output_index: 1, content_index: 0, delta: 'So' },
        {
          type: 'response.output_text.annotation.added',
          output_index: 1,
          content_index: 0,
          annotation_index: 0,
          annotation,
        },
        { type: 'response.refusal.delta', output_index: 1, content_index: 1, delta: 'No' },
        { type: 'response.refusal.done', output_index: 1, content_index: 1, refusal: 'No!' },
      ),
    )
    expect(output).toEqual([
      {
        id: 'r',
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: 'Think' }],
        content: [{ type: 'reasoning_text', text: 'deep' }],
      },
      {
        id: 'm',
        type: 'message',
        role: 'assistant',
        content: [
          {
            type: 'output_text',
            text: 'So',
            annotations: [
              { ...annotation, start_index: undefined, end_index: undefined, startIndex: 0, endIndex: 2 },
            ],
          },
          { type: 'refusal', refusal: 'No!' },
        ],
      },
    ])
  })

  it('says what an item and a part are that no event began', async () => {
    const place = { output_index: 0, content_index: 0 }
    const text = { ...place, type: 'response.output_text.delta', delta: 'Hi' }
    const bare = { type: 'message', id: 'm', role: 'assistant' }
    const part = { ...place, type: 'response.content_part.added', part: { type: 'output_text', text: '' } }
    for (const events of [
      [text],
      [{ type: text.type, delta: text.delta }],
      [part, text],
      [added(0, bare), text],
      [added(0, { ...bare, content: [] }), { ...text, content_index: null }],
    ])
      expect(outputText(await partialOf([created, ...events]))).toBe('Hi')
    const { output } = await partialOf([
      created,
      { type: 'response.reasoning_summary_text.delta', output_index: 0, delta: 'So' },
      { type: 'response.function_call_arguments.delta', output_index: 1, delta: '{}' },
    ])
    expect(output).toEqual([
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'So' }] },
      { type: 'function_call', arguments: '{}' },
    ])
  })

  it('keeps a text that an event says nothing about', async () => {
    const place = { output_index: 0, content_index: 0 }
    const response = await partialOf([
      created,
      { ...place, type: 'response.output_text.delta', delta: 'Hi' },
      { ...place, type: 'response.output_text.delta', delta: null },
      { ...place, type: 'response.output_text.delta' },
      { ...place, type: 'response.output_text.done' },
    ])
    expect(outputText(response)).toBe('Hi')
    expect(outputText(await partialOf([created, added(0, { type: 'message', role: 'assistant' })]))).toBe('')
  })

  it('keeps what the pieces brought where the ends leave it out (agentgateway#2281)', async () => {
    const place = { output_index: 0, content_index: 0 }
    const bare = { type: 'message', id: 'm', role: 'assistant', status: 'in_progress', content: [] }
    const part = { type: 'output_text', text: '', annotations: [] }
    const call = { type: 'function_call', id: 'f', call_id: 'c', name: 'look', arguments: '' }
    const response = await finalResponse(
      socket([
        created,
        added(0, bare),
        { ...place, type: 'response.content_part.added', part },
        { ...place, type: 'response.output_text.delta', delta: 'Four' },
        { ...place, type: 'response.output_text.done', text: '' },
        { ...place, type: 'response.content_part.done', part },
        { type: 'response.output_item.done', output_index: 0, item: { ...bare, status: 'completed' } },
        added(1, call),
        { type: 'response.function_call_arguments.delta', output_index: 1, delta: '{"a":1}' },
        { type: 'response.output_item.done', output_index: 1, item: call },
        { type: 'response.completed', response: { ...wireResponse('completed'), output: [] } },
      ]),
    )
    expect(response.output).toEqual([
      { ...bare, status: 'completed', content: [{ ...part, text: 'Four' }] },
      { type: 'function_call', id: 'f', callId: 'c', name: 'look', arguments: '{"a":1}' },
    ])
  })

  it('takes no item, part or piece that is none, and no event that has no type', async () => {
    const text = { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hi' }
    const response = await partialOf([
      created,
      { type: 'response.output_item.added', output_index: 0, item: 'message' },
      { type: 'response.content_part.added', output_index: 0, content_index: 0, part: 1 },
      { output_index: 0, item: { type: 'message', role: 'assistant' } },
      { type: 7, output_index: 0, item: { type: 'message', role: 'assistant' } },
      text,
    ])
    expect(outputText(response)).toBe('Hi')
  })

  it('gives an item nothing of another that had its place', async () => {
    const thought = { type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 'Hm' }] }
    const bare = { type: 'message', id: 'm', role: 'assistant', content: [] }
    const { output } = await partialOf([
      created,
      { type: 'response.output_item.done', output_index: 0, item: thought },
      { type: 'response.output_item.done', output_index: 0, item: bare },
    ])
    expect(output).toEqual([bare])
  })

  it('has no gaps where a stream began in the middle', async () => {
    const { output } = await partialOf(
      numbered({
        type: 'response.output_text.delta',
        item_id: 'm',
        output_index: 2,
        content_index: 1,
        delta: 'end',
      }),
    )
    const content = [{ type: 'output_text', text: 'end' }]
    expect(output).toEqual([{ type: 'message', role: 'assistant', content }])
  })

  it('does not change the events', async () => {
    const events = helloEvents.map(event => toResponseEvent(JSON.stringify(event)))
    const before = structuredClone(events)
    async function* all(): AsyncGenerator<ResponseEvent> {
      yield* events.slice(0, 8)
    }
    await failureOf(finalResponse(all()))
    expect(events).toEqual(before)
  })

  it.each([-1, 1.5, 1e9, '1', {}])('refuses the index %o', async output_index => {
    const error = await failureOf(
      finalResponse(
        socket([created, { type: 'response.output_text.delta', output_index, content_index: 0, delta: 'x' }]),
      ),
    )
    expect(error).toBeInstanceOf(ProtocolError)
  })

  it('cannot change what objects are made of', async () => {
    const text =
      '{"type":"response.output_item.done","output_index":0,"item":{"__proto__":{"polluted":1},"type":"message"}}'
    async function* events(): AsyncGenerator<ResponseEvent> {
      yield toResponseEvent(text)
    }
    const error = await failureOf(finalResponse(events()))
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(Object.getPrototypeOf(error.partial.output[0])).toBe(Object.prototype)
  })
})
