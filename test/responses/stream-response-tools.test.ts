import { describe, expect, it } from 'vitest'
import { createClient, IncompleteStreamError, tool } from '../../src/index.ts'
import { type ResponseToolEvent, streamResponseTools } from '../../src/responses/index.ts'
import { createFakeFetch, type FakeModelOptions } from '../../src/testing/index.ts'
import { failureOf } from '../client/harness.ts'
import { clock } from '../support/city-tools.ts'
import { message, scripted, sseOf, streamOf, wireResponse } from './support.ts'

const request = { model: 'fake-small', input: 'What time is it in Rome?', tools: [clock] }
const reply = [
  { reasoning: 'I must look.', toolCalls: [{ name: 'get_time', arguments: {} }] },
  'It is noon in Rome.',
]

function open(options: FakeModelOptions = { reply }) {
  const fetch = createFakeFetch(options)
  return { fetch, client: createClient({ fetch }) }
}

describe('streamResponseTools', () => {
  it('tells of everything in its order', async () => {
    const events: ResponseToolEvent[] = []
    for await (const event of streamResponseTools(open().client, request)) events.push(event)
    const kinds = events.map(({ type }) => type)
    expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual([
      'reasoning',
      'toolCall',
      'toolResult',
      'step',
      'text',
      'step',
      'end',
    ])
    const joined = (kind: string) =>
      events.flatMap(event => (event.type === kind && 'delta' in event ? [event.delta] : [])).join('')
    expect([joined('reasoning'), joined('text')]).toEqual(['I must look.', 'It is noon in Rome.'])
    const call = events.find(event => event.type === 'toolCall')!
    expect(call.toolCall).toMatchObject({ type: 'function', function: { name: 'get_time', arguments: '{}' } })
    expect(events.find(event => event.type === 'toolResult')).toMatchObject({
      toolCall: call.toolCall,
      output: 'noon',
    })
  })

  it.each([
    ['JSON', (response: object) => Response.json(response)],
    [
      'the last event alone',
      (response: object) => streamOf([sseOf([{ type: 'response.completed', response }])]),
    ],
  ])('tells of an answer that comes as %s', async (_, answer) => {
    const call = { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'get_time', arguments: '{}' }
    const { client } = scripted([
      () => answer(wireResponse('completed', [call])),
      () => answer(wireResponse('completed', [message('Noon.')])),
    ])
    const events: ResponseToolEvent[] = []
    for await (const event of streamResponseTools(client, request)) events.push(event)
    expect(events.map(({ type }) => type)).toEqual(['toolCall', 'toolResult', 'step', 'text', 'step', 'end'])
    expect(events[3]).toEqual({ type: 'text', delta: 'Noon.' })
  })

  it('throws a stream that is cut, with the text so far and the steps before', async () => {
    const { client } = open({ reply, faults: [{}, { cut: 7 }] })
    const read = async () => {
      for await (const _ of streamResponseTools(client, request));
    }
    const error = await failureOf(read())
    expect(error).toBeInstanceOf(IncompleteStreamError)
    expect(error.partial).toMatchObject({ stopped: 'error', steps: [{ results: [{ output: 'noon' }] }] })
    expect('It is noon in Rome.'.startsWith(error.partial.text) && error.partial.text.length > 0).toBe(true)
  })

  it('ends the request and the tools when it is left', async () => {
    let signal: AbortSignal | undefined
    const stuck = tool({
      name: 'get_time',
      execute(_, context) {
        signal = context.signal
        return new Promise(() => {})
      },
    })
    const { client, fetch } = open()
    const stream = streamResponseTools(client, { ...request, tools: [stuck] })
    for await (const { type } of stream) if (type === 'toolCall') break
    expect(fetch.requests).toHaveLength(1)
    expect(signal).toBeUndefined()
    const again = open()
    const iterator = streamResponseTools(again.client, { ...request, tools: [stuck] })
    for (;;) {
      const { value } = await iterator.next()
      if ('type' in value && value.type === 'toolCall') break
    }
    const waiting = iterator.next()
    while (!signal) await new Promise(resolve => setTimeout(resolve, 1))
    await iterator.return()
    expect((await waiting).done).toBe(true)
    expect(signal.aborted).toBe(true)
  })
})
