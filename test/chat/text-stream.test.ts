import { describe, expect, it } from 'vitest'
import { IncompleteStreamError, reasoningStream, textStream } from '../../src/index.ts'
import { bodyOf, bytesOf, chunk, drain, STOP, sse, streamOf, until } from '../support/frames.ts'

const read = (...list: readonly unknown[]) => drain(textStream(streamOf(sse(...list))))
const readOfTwo = (...list: readonly unknown[]) =>
  drain(textStream(streamOf(sse(...list), { extraBody: { n: 2 } })))

describe('textStream', () => {
  it('gives out the pieces of the text', async () => {
    expect(await read(chunk({ content: 'a' }), chunk({ content: 'b' }), STOP, '[DONE]')).toEqual({
      values: ['a', 'b'],
    })
  })

  it('B2 B3 B21 gives out nothing empty', async () => {
    const list = [
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: null }),
      chunk({}),
      chunk(null),
      chunk({ content: [] }),
      { choices: null },
      { choices: [], usage: { total_tokens: 1 } },
    ]
    expect(await read(...list, chunk({ content: 'a' }), ...list, STOP)).toEqual({ values: ['a'] })
  })

  it('B4 gives out the text of parts, without the thinking', async () => {
    const parts = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'no' }] },
      { type: 'text', text: 'a' },
    ]
    expect(await read(chunk({ content: parts }), chunk({ reasoning_content: 'no' }), STOP)).toEqual({
      values: ['a'],
    })
  })

  it('B17 gives out the text that comes with the reason to finish', async () => {
    expect(await read(chunk({ content: 'a' }), chunk({ content: 'b' }, 'stop'))).toEqual({
      values: ['a', 'b'],
    })
  })

  it('B28 gives out what is repeated', async () => {
    expect((await read(chunk({ content: 'a' }), chunk({ content: 'a' }), STOP)).values).toEqual(['a', 'a'])
  })

  it('gives out the first choice only', async () => {
    const choices = [1, 0].map(index => ({ index, delta: { content: `${index}` }, finish_reason: 'stop' }))
    expect(await readOfTwo({ choices })).toEqual({ values: ['0'] })
    expect(await read({ choices: [{ delta: { content: 'x' }, finish_reason: 'stop' }] })).toEqual({
      values: ['x'],
    })
  })

  it('C10 fails as the stream does', async () => {
    expect(await read(chunk({ content: 'a' }))).toEqual({
      values: ['a'],
      error: expect.any(IncompleteStreamError),
    })
  })

  it('F6 ends the request when it is left', async () => {
    const source = bodyOf([bytesOf(sse(chunk({ content: 'a' })))], 'silence')
    for await (const text of textStream(streamOf(source.body))) {
      expect(text).toBe('a')
      break
    }
    await until(() => source.cancels === 1)
  })
})

describe('reasoningStream', () => {
  const think = (...list: readonly unknown[]) => drain(reasoningStream(streamOf(sse(...list))))

  it.each([
    ['reasoning_content', 'a', 'b'],
    ['reasoning', 'a', 'b'],
    ['reasoning_text', 'a', 'b'],
    ['reasoning_details', [{ text: 'a' }], [{ text: 'b' }]],
    ['thinking_blocks', [{ thinking: 'a' }], [{ thinking: 'b', signature: 's' }]],
    [
      'content',
      [{ type: 'thinking', thinking: [{ type: 'text', text: 'a' }] }],
      [{ type: 'thinking', thinking: 'b' }],
    ],
  ])('gives out the pieces of the thinking, whatever it is called: %s', async (name, first, second) => {
    expect(
      await think(chunk({ [name]: first }), chunk({ [name]: second }), chunk({ content: 'Done' }), STOP),
    ).toEqual({ values: ['a', 'b'] })
  })

  it('gives out nothing empty, each piece once, of the first choice', async () => {
    const both = chunk({ reasoning: 'a', reasoning_content: 'a' })
    expect(await think(chunk({ reasoning: '' }), chunk({ reasoning: null }), both, STOP)).toEqual({
      values: ['a'],
    })
    const choices = [1, 0].map(index => ({ index, delta: { reasoning: `${index}` }, finish_reason: 'stop' }))
    const two = streamOf(sse({ choices }), { extraBody: { n: 2 } })
    expect(await drain(reasoningStream(two))).toEqual({ values: ['0'] })
  })

  it('C10 fails as the stream does', async () => {
    expect(await think(chunk({ reasoning: 'a' }))).toEqual({
      values: ['a'],
      error: expect.any(IncompleteStreamError),
    })
  })
})
