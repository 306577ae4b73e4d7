import { describe, expect, it } from 'vitest'
import { streamTools, tool, toUIMessageResponse } from '../../src/index.ts'
import { deferred } from '../client/harness.ts'
import { bodyOf, bytesOf, chunk, STOP, sse, streamOf } from '../support/frames.ts'
import { scripted } from './scripted.ts'

const HI = chunk({ content: 'Hi' })
const begin = [
  { type: 'start' },
  { type: 'start-step' },
  { type: 'text-start', id: '1' },
  { type: 'text-delta', id: '1', delta: 'Hi' },
]

describe('toUIMessageResponse', () => {
  it('writes the parts of the protocol, and [DONE]', async () => {
    const response = toUIMessageResponse(streamOf(sse(HI, chunk({ content: '\n\ndata: x' }), STOP, '[DONE]')))
    expect(await response.text()).toBe(
      sse(
        ...begin,
        { type: 'text-delta', id: '1', delta: '\n\ndata: x' },
        { type: 'text-end', id: '1' },
        { type: 'finish-step' },
        { type: 'finish', finishReason: 'stop' },
        '[DONE]',
      ),
    )
  })

  it('has the headers that a page asks for, and those that are added', async () => {
    const init = { status: 201, headers: { 'x-more': 'y', 'content-type': 'text/plain' } }
    const { status, headers, body } = toUIMessageResponse(streamOf(sse(HI, STOP)), init)
    expect([status, headers.get('x-more')]).toEqual([201, 'y'])
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(headers.get('x-vercel-ai-ui-message-stream')).toBe('v1')
    expect(headers.get('cache-control')).toBe('no-cache')
    await body?.cancel()
  })

  it('ends with an error as a part, and no [DONE]', async () => {
    const text = await toUIMessageResponse(streamOf(sse(HI))).text()
    expect(text).toBe(sse(...begin, { type: 'error', errorText: 'The stream ended early' }))
  })

  it('makes a run one message of several steps, in camelCase wherever it is data', async () => {
    const { client } = scripted([
      { calls: [{ name: 'look', id: 'c', args: { userId: 1 } }] },
      { content: 'Hi' },
    ])
    const look = tool({ name: 'look', execute: () => ({ inStock: true }) })
    const request = {
      model: 'fake-small',
      messages: [{ role: 'user', content: 'Hi' }] as const,
      tools: [look],
    }
    expect(await toUIMessageResponse(streamTools(client, request)).text()).toBe(
      sse(
        { type: 'start' },
        { type: 'start-step' },
        { type: 'tool-input-available', toolCallId: 'c', toolName: 'look', input: { userId: 1 } },
        { type: 'tool-output-available', toolCallId: 'c', output: { inStock: true } },
        { type: 'finish-step' },
        ...begin.slice(1),
        { type: 'text-end', id: '1' },
        { type: 'finish-step' },
        { type: 'finish', finishReason: 'stop' },
        '[DONE]',
      ),
    )
  })

  it('is read by demand, and ends what is behind it when its reader leaves', async () => {
    const body = bodyOf(
      Array.from({ length: 100 }, () => bytesOf(sse(HI))),
      'silence',
    )
    const reader = toUIMessageResponse(streamOf(body.body)).body!.getReader()
    expect(body.pulls).toBe(0)
    for (let read = 0; read < 5; read++) await reader.read()
    expect(body.pulls).toBeLessThan(10)
    await reader.cancel()
    expect(body.cancels).toBe(1)
  })

  it('sends comments while a tool takes its time', async () => {
    const slept = deferred()
    const sleep = tool({ name: 'sleep', execute: () => slept.promise })
    const { client } = scripted([{ calls: [{ name: 'sleep' }] }, { content: 'Hi' }])
    const request = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }], tools: [sleep] }
    const { body } = toUIMessageResponse(streamTools(client, request), { keepAlive: 5 })
    let text = ''
    for (const reader = body!.pipeThrough(new TextDecoderStream()).getReader(); ; ) {
      const { done, value } = await reader.read()
      if (done) break
      text += value
      if (value === ': keep-alive\n\n' && text.includes('tool-input-available')) slept.resolve(undefined)
    }
    expect(text.replaceAll(': keep-alive\n\n', '')).toMatch(/"finishReason":"stop"}\n\ndata: \[DONE]\n\n$/)
  })

  it('can be left before it is read', async () => {
    const body = bodyOf([bytesOf(sse(HI))], 'silence')
    await toUIMessageResponse(streamOf(body.body)).body!.cancel()
    expect(body.pulls).toBe(0)
  })
})
