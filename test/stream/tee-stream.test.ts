import { describe, expect, it } from 'vitest'
import {
  finalCompletion,
  IncompleteStreamError,
  LimitError,
  teeStream,
  ValidationError,
} from '../../src/index.ts'
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
} from '../support/frames.ts'

const parts = [...'abcdef'].map(content => chunk({ content }))

function split(options?: Parameters<typeof teeStream>[1]) {
  const source = bodyOf(events(...parts, STOP, '[DONE]').map(bytesOf))
  const stream = streamOf(source.body)
  return { source, stream, halves: teeStream(stream, options) }
}

describe('teeStream', () => {
  it('gives both halves everything, read together or after each other', async () => {
    const together = split()
    const results = await Promise.all(together.halves.map(half => drain(half)))
    expect(results.map(({ values }) => textOf(values))).toEqual(['abcdef', 'abcdef'])
    const { halves } = split()
    for (const half of halves) expect(textOf((await drain(half)).values)).toBe('abcdef')
  })

  it('reads the source once, and takes it', async () => {
    const { source, stream, halves } = split()
    expect((await drain(stream)).error).toBeInstanceOf(ValidationError)
    await Promise.all(halves.map(half => finalCompletion(half)))
    expect(source.pulls).toBeLessThanOrEqual(parts.length + 2)
  })

  it('F8 goes on with one half when the other is left', async () => {
    const { source, halves } = split()
    for await (const _ of halves[0]) break
    expect(source.cancels).toBe(0)
    expect(textOf((await drain(halves[1])).values)).toBe('abcdef')
    expect((await drain(halves[0])).values).toEqual([])
  })

  it('F8 ends the request when both are left', async () => {
    const { source, halves } = split()
    for (const half of halves) for await (const _ of half) break
    expect(source.cancels).toBe(1)
  })

  it('F8 ends the request when both are left while one waits', async () => {
    const source = bodyOf([], 'silence')
    const [left, right] = teeStream(streamOf(source.body)).map(half => half[Symbol.asyncIterator]())
    const waiting = outcome(left!.next())
    await right!.return?.()
    await left!.return?.()
    expect((await waiting).value?.done).toBe(true)
  })

  it('F8 keeps no more than it may, and the faster half goes on', async () => {
    const { halves } = split({ maxBuffered: 3 })
    expect(textOf((await drain(halves[0])).values)).toBe('abcdef')
    expect(await drain(halves[1])).toEqual({ values: [], error: expect.any(LimitError) })
    const enough = split({ maxBuffered: 7 })
    await drain(enough.halves[0])
    expect((await drain(enough.halves[1])).error).toBeUndefined()
  })

  it('ends the request when the faster half is left and the other has fallen behind', async () => {
    const { source, halves } = split({ maxBuffered: 1 })
    const iterator = halves[0][Symbol.asyncIterator]()
    for (let count = 0; count < 3; count++) await iterator.next()
    await iterator.return?.()
    expect(source.cancels).toBe(1)
  })

  it('fails both halves with what broke the stream', async () => {
    const halves = teeStream(streamOf(sse(...parts)))
    const results = await Promise.all(halves.map(half => drain(half)))
    for (const { values, error } of results) {
      expect(textOf(values)).toBe('abcdef')
      expect(error).toBeInstanceOf(IncompleteStreamError)
    }
  })

  it('F8 answers calls of next in their order, whether they wait for each other or not', async () => {
    const [half] = split().halves
    const iterator = half[Symbol.asyncIterator]()
    const results = await Promise.all(Array.from({ length: 9 }, () => iterator.next()))
    const said = results.map(({ done, value }) => (done ? 'done' : value.choices[0]?.delta.content))
    expect(said).toEqual([...'abcdef', undefined, 'done', 'done'])
  })

  it('hands the same chunks to both, which folding does not change', async () => {
    const pieces = ['a', 'b'].map(token => ({
      choices: [
        { index: 0, delta: { content: token }, logprobs: { content: [{ token }] }, finish_reason: null },
      ],
    }))
    const [left, right] = teeStream(streamOf(sse(...pieces, STOP)))
    const folded = await finalCompletion(left)
    expect(folded.choices[0]).toMatchObject({ logprobs: { content: [{ token: 'a' }, { token: 'b' }] } })
    const { values } = await drain(right)
    expect(values.map(({ choices }) => choices[0]?.logprobs)).toEqual([
      { content: [{ token: 'a' }] },
      { content: [{ token: 'b' }] },
      undefined,
    ])
  })
})
