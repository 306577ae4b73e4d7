import { describe, expect, it } from 'vitest'
import {
  type ChatCompletion,
  ChatCompletionStream,
  type ChatEvent,
  chatEvents,
  finalCompletion,
  IncompleteStreamError,
  reasoningText,
} from '../../src/index.ts'
import { DIALECTS } from '../fixtures/dialects.ts'
import { bodyOf, bytesOf, chunk, drain, STOP, sse, streamOf, toolChunk, until } from '../support/frames.ts'

const read = (...list: readonly unknown[]) => drain(chatEvents(streamOf(sse(...list))))
const textOf = (list: readonly (object | string)[]): string =>
  list.map(each => (typeof each === 'string' ? each : sse(each))).join('')

/** The pieces of one type, joined. */
function joined(events: readonly ChatEvent[], type: 'text' | 'reasoning'): string {
  return events.map(event => (event.type === type ? event.delta : '')).join('')
}

describe('chatEvents', () => {
  it('tells of thinking and text as they come, of calls once they are whole, and of the end', async () => {
    const { values, error } = await read(
      chunk({ role: 'assistant', content: '' }),
      chunk({ reasoning_content: 'Hm.' }),
      chunk({ content: 'I ' }),
      chunk({ content: 'look.' }),
      toolChunk({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } }),
      toolChunk({ index: 0, function: { arguments: ':1}' } }),
      chunk({}, 'tool_calls'),
      '[DONE]',
    )
    expect(error).toBeUndefined()
    const toolCall = { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }
    expect(values).toEqual([
      { type: 'reasoning', delta: 'Hm.' },
      { type: 'text', delta: 'I ' },
      { type: 'text', delta: 'look.' },
      { type: 'toolCall', toolCall },
      { type: 'end', completion: expect.objectContaining({ object: 'chat.completion' }) },
    ])
    const { completion } = values.at(-1) as { completion: ChatCompletion }
    expect(completion.choices[0]).toMatchObject({
      message: { content: 'I look.', toolCalls: [toolCall] },
      finishReason: 'tool_calls',
    })
  })

  it.each(DIALECTS.filter(({ error }) => !error))(
    'adds up to what finalCompletion folds: $name',
    async ({ events }) => {
      const { values, error } = await drain(chatEvents(streamOf(textOf(events))))
      expect(error).toBeUndefined()
      const folded = await finalCompletion(streamOf(textOf(events)))
      expect(values.at(-1)).toEqual({ type: 'end', completion: folded })
      const { message } = folded.choices[0]
      expect(joined(values, 'text')).toBe(message.content ?? '')
      expect(joined(values, 'reasoning')).toBe(reasoningText(message))
      expect(values.flatMap(event => (event.type === 'toolCall' ? [event.toolCall] : []))).toEqual(
        message.toolCalls ?? [],
      )
    },
  )

  it('looks at the first choice only, and ends with all of them', async () => {
    const say = (index: number) => ({ index, delta: { content: `${index}` }, finish_reason: 'stop' })
    const { values } = await drain(
      chatEvents(streamOf(sse({ choices: [say(1), say(0)] }), { extraBody: { n: 2 } })),
    )
    expect(values.map(({ type }) => type)).toEqual(['text', 'end'])
    expect((values[1] as { completion: ChatCompletion }).completion.choices).toHaveLength(2)
  })

  it('fails as the stream does, with what had arrived', async () => {
    const { values, error } = await read(chunk({ content: 'Half' }))
    expect(values).toEqual([{ type: 'text', delta: 'Half' }])
    expect(error).toBeInstanceOf(IncompleteStreamError)
    expect(error).toMatchObject({ partial: { choices: [{ message: { content: 'Half' } }] } })
  })

  it('ends the request when it is left', async () => {
    const source = bodyOf([bytesOf(sse(chunk({ content: 'a' })))], 'silence')
    for await (const event of new ChatCompletionStream(streamOf(source.body)).events()) {
      expect(event).toEqual({ type: 'text', delta: 'a' })
      break
    }
    await until(() => source.cancels === 1)
  })

  it('tells nothing of an answer without a text but its end', async () => {
    expect((await read(STOP)).values.map(({ type }) => type)).toEqual(['end'])
  })
})
