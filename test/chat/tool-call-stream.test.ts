import { describe, expect, it } from 'vitest'
import { IncompleteStreamError, ProtocolError, toolCallStream } from '../../src/index.ts'
import { bodyOf, bytesOf, chunk, drain, STOP, sse, streamOf, toolChunk, until } from '../support/frames.ts'

const read = (...list: readonly unknown[]) => drain(toolCallStream(streamOf(sse(...list))))
const readOfTwo = (...list: readonly unknown[]) =>
  drain(toolCallStream(streamOf(sse(...list), { extraBody: { n: 2 } })))
const piece = (index: number, args: string, id?: string): object => ({
  index,
  ...(id && { id }),
  function: { ...(id && { name: `f_${id}` }), arguments: args },
})
const call = (id: string, args: string): object => ({
  id,
  type: 'function',
  function: { name: `f_${id}`, arguments: args },
})

describe('toolCallStream', () => {
  it('gives out whole calls', async () => {
    const list = [
      chunk({ role: 'assistant', content: 'Let me look.' }),
      toolChunk(piece(0, '{"x"', 'a')),
      toolChunk(piece(1, '{', 'b')),
      toolChunk(piece(0, ':1}')),
      toolChunk(piece(1, '}')),
    ]
    for (const end of [[chunk({}, 'tool_calls'), '[DONE]'], [chunk({}, 'tool_calls')], ['[DONE]']])
      expect(await read(...list, ...end)).toEqual({ values: [call('a', '{"x":1}'), call('b', '{}')] })
  })

  it('gives out none where there is none', async () => {
    for (const none of [undefined, null, [], false, 0, ''])
      expect(await read(chunk({ content: 'Hi', tool_calls: none }), STOP)).toEqual({ values: [] })
  })

  it('B7 takes calls that come with the reason to finish', async () => {
    expect(
      await read(chunk({ tool_calls: [piece(0, '{}', 'a'), piece(1, '{}', 'b')] }, 'tool_calls')),
    ).toEqual({
      values: [call('a', '{}'), call('b', '{}')],
    })
  })

  it('B15 B18 goes on where arguments look whole, and after an early reason to finish', async () => {
    const list = [
      toolChunk(piece(0, '1', 'a')),
      toolChunk(piece(0, '2')),
      chunk({ tool_calls: [piece(1, '', 'b')] }, 'tool_calls'),
      toolChunk(piece(1, '{"late":true}')),
      chunk({}, 'tool_calls'),
    ]
    expect(await read(...list, '[DONE]')).toEqual({ values: [call('a', '12'), call('b', '{"late":true}')] })
  })

  it('C10 fails where a call is cut', async () => {
    const cut = toolChunk(piece(0, '{"x"', 'a'))
    for (const end of [[], ['[DONE]']])
      expect(await read(cut, ...end)).toEqual({ values: [], error: expect.any(IncompleteStreamError) })
  })

  it('C10 gives out what the model wrote where the stream is complete, whole or not', async () => {
    const list = [toolChunk(piece(0, "{'x': 1}", 'a')), toolChunk(piece(1, '{"y"', 'b'))]
    for (const reason of ['tool_calls', 'length'])
      for (const end of [[], ['[DONE]']])
        expect(await read(...list, chunk({}, reason), ...end)).toEqual({
          values: [call('a', "{'x': 1}"), call('b', '{"y"')],
        })
  })

  it('B14 fails where a call has no name', async () => {
    const nameless = toolChunk({ index: 0, id: 'a', function: { arguments: '{}' } })
    expect(await read(nameless, STOP)).toEqual({ values: [], error: expect.any(ProtocolError) })
  })

  it('looks at the first choice only', async () => {
    const choices = [1, 0].map(index => ({
      index,
      delta: { tool_calls: [piece(0, '{}', `c${index}`)] },
      finish_reason: 'tool_calls',
    }))
    expect(await readOfTwo({ choices })).toEqual({ values: [call('c0', '{}')] })
  })

  it('F6 ends the request when it is left while it waits', async () => {
    const source = bodyOf([bytesOf(sse(toolChunk(piece(0, '{', 'a'))))], 'silence')
    const iterator = toolCallStream(streamOf(source.body))[Symbol.asyncIterator]()
    const waiting = iterator.next()
    await until(() => source.pulls === 1)
    await iterator.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
    await until(() => !source.body.locked)
  })
})
