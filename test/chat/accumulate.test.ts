import { describe, expect, it } from 'vitest'
import { createAccumulator } from '../../src/chat/accumulate.ts'
import type { ChatCompletionChunk, Delta } from '../../src/index.ts'

const chunkOf = (delta: Delta, more: object = {}): ChatCompletionChunk => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finishReason: null, ...more }],
})

describe('accumulator', () => {
  it('tells of what has arrived at any time', () => {
    const { add, result } = createAccumulator()
    expect(result(false)).toEqual({
      id: '',
      object: 'chat.completion',
      created: 0,
      model: '',
      choices: [],
    })
    const texts = ['a', 'b', 'c'].map(content => {
      add(chunkOf({ content }))
      return result(false).choices[0].message.content
    })
    expect(texts).toEqual(['a', 'ab', 'abc'])
  })

  it('makes a completion that later chunks do not change', () => {
    const { add, result } = createAccumulator()
    const logprobs = { content: [{ token: 'a' }] }
    add(
      chunkOf(
        { content: 'a', toolCalls: [{ id: 't', function: { name: 'f', arguments: '{' } }] },
        { logprobs },
      ),
    )
    const before = result(false)
    const copy = structuredClone(before)
    add(chunkOf({ content: 'b', toolCalls: [{ id: 't', function: { arguments: '}' } }] }, { logprobs }))
    expect(before).toEqual(copy)
    expect(logprobs).toEqual({ content: [{ token: 'a' }] })
  })

  it('does not change the chunks that it is given', () => {
    const { add } = createAccumulator()
    const chunks = [1, 2].map(n =>
      chunkOf(
        { content: 'a', audio: { data: `${n}` }, list: [n], toolCalls: [{ index: 0, id: 't' }] },
        { logprobs: { content: [n] } },
      ),
    )
    const copies = structuredClone(chunks)
    for (const chunk of chunks) add(chunk)
    expect(chunks).toEqual(copies)
  })

  it('B9 keeps the name of a function call of old where its further pieces have an empty one', () => {
    const { add, result } = createAccumulator()
    for (const functionCall of [
      { name: 'look', arguments: '' },
      { name: '', arguments: '{"a"' },
      { name: '', arguments: ':1}' },
    ])
      add(chunkOf({ functionCall }))
    expect(result(true).choices[0].message).toMatchObject({
      functionCall: { name: 'look', arguments: '{"a":1}' },
    })
  })

  it('does not say before the end that a call without arguments has none', () => {
    const { add, result } = createAccumulator()
    add(chunkOf({ toolCalls: [{ id: 't', function: { name: 'f' } }] }))
    const argumentsAt = (ended: boolean) =>
      result(ended).choices[0].message.toolCalls?.[0]?.function.arguments
    expect([argumentsAt(false), argumentsAt(true)]).toEqual(['', '{}'])
  })

  it('A19 needs time in proportion to the number of chunks', { retry: 2 }, () => {
    const time = (count: number, more: (place: number) => object): number => {
      const runs = Array.from({ length: 3 }, () => {
        const { add, result } = createAccumulator()
        const start = performance.now()
        for (let place = 0; place < count; place++) add(chunkOf({ content: 'x' }, more(place)))
        result(true)
        return performance.now() - start
      })
      return Math.min(...runs)
    }
    for (const more of [
      () => ({}),
      (place: number) => ({ logprobs: { content: [{ token: `${place}` }] } }),
    ]) {
      time(5000, more)
      expect(time(40_000, more)).toBeLessThan(20 * Math.max(time(5000, more), 15))
    }
  })
})
