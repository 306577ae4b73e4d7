import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addToolCall, foldToolCall, type OpenToolCall, toToolCall } from '../../src/chat/tool-calls.ts'
import { ProtocolError, type ToolCallDelta } from '../../src/index.ts'

function fold(pieces: readonly ToolCallDelta[]) {
  const calls: OpenToolCall[] = []
  for (const piece of pieces) foldToolCall(calls, piece)
  return calls.map((call, place) => toToolCall(call, place, true))
}

describe('foldToolCall', () => {
  it('B9 B10 B12 puts any number of calls together, however their pieces alternate', () => {
    const argumentsOf = fc.array(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 })
    const order = fc.array(fc.nat(), { minLength: 40, maxLength: 40 })
    const style = fc.constantFrom('index', 'id', 'both', 'one index')
    fc.assert(
      fc.property(
        fc.array(argumentsOf, { minLength: 1, maxLength: 6 }),
        order,
        style,
        (lists, turns, how) => {
          const rest = lists.map(list => [...list])
          const pieces: ToolCallDelta[] = lists.map((_, place) => ({
            ...(how !== 'id' && { index: how === 'one index' ? 0 : place }),
            id: `id${place}`,
            function: { name: `f${place}`, arguments: '' },
          }))
          for (const turn of [...turns, ...rest.flatMap((list, place) => list.map(() => place))]) {
            const place = turn % rest.length
            const piece = rest[place]?.shift()
            if (piece === undefined) continue
            pieces.push({
              ...(how === 'index' || how === 'both' ? { index: place } : {}),
              ...(how !== 'index' && { id: `id${place}` }),
              function: { arguments: piece },
            })
          }
          expect(fold(pieces)).toEqual(
            lists.map((list, place) => ({
              id: `id${place}`,
              type: 'function',
              function: { name: `f${place}`, arguments: list.join('') },
            })),
          )
        },
      ),
    )
  })

  it('B12 tells calls of one id apart by their indexes (nanobot#3943)', () => {
    const one = (index: number, json: string, name?: string): ToolCallDelta => ({
      index,
      id: 'one',
      function: { ...(name && { name }), arguments: json },
    })
    expect(
      fold([one(0, '{"at"', 'add'), one(0, ':1}', 'add'), one(1, '{"at"', 'add'), one(1, ':2}')]),
    ).toEqual(
      ['{"at":1}', '{"at":2}'].map(json => ({
        id: 'one',
        type: 'function',
        function: { name: 'add', arguments: json },
      })),
    )
  })

  it.each<[string, ToolCallDelta[], [string, string][]]>([
    [
      'announced first',
      [
        { index: 0, id: 'one', function: { name: 'add', arguments: '' } },
        { index: 1, id: 'one', function: { name: 'sub', arguments: '' } },
        { index: 0, id: 'one', function: { arguments: '{"x":1}' } },
        { index: 1, function: { arguments: '{"y":1}' } },
      ],
      [
        ['add', '{"x":1}'],
        ['sub', '{"y":1}'],
      ],
    ],
    [
      'the first without arguments',
      [
        { index: 0, id: 'one', function: { name: 'add' } },
        { index: 1, id: 'one', function: { name: 'sub', arguments: '{"y":1}' } },
      ],
      [
        ['add', '{}'],
        ['sub', '{"y":1}'],
      ],
    ],
    [
      'one call, whose name is told again without an index',
      [
        { index: 0, id: 'one', function: { name: 'add', arguments: '{"x":1}' } },
        { id: 'one', function: { name: 'add', arguments: '' } },
      ],
      [['add', '{"x":1}']],
    ],
    [
      'one call, whose index changes',
      [
        { index: 0, id: 'one', function: { name: 'add', arguments: '{"x"' } },
        { index: 1, id: 'one', function: { name: 'add', arguments: ':1}' } },
        { index: 2, id: 'one', function: { arguments: ' ' } },
      ],
      [['add', '{"x":1} ']],
    ],
  ])('B12 knows by name and index which call of one id a piece is of: %s', (_, pieces, calls) => {
    expect(fold(pieces).map(call => [call.function.name, call.function.arguments])).toEqual(calls)
  })

  it('B10 takes a name that is told again behind an empty object for the same call', () => {
    const pieces = ['{}', '{"at":1}'].map(json => ({ index: 0, function: { name: 'sun', arguments: json } }))
    expect(fold(pieces)).toMatchObject([{ function: { name: 'sun', arguments: '{"at":1}' } }])
    const other = [{ index: 0, function: { name: 'moon', arguments: '{"at":1}' } }]
    expect(fold([pieces[0]!, ...other])).toMatchObject([
      { function: { name: 'sun', arguments: '{}' } },
      { function: { name: 'moon' } },
    ])
  })

  it('B10 leaves out an empty object before the arguments, as Bedrock has sent (openai-agents-js#712)', () => {
    const pieces = ['{}', '{"at"', ':1}'].map(json => ({ index: 0, function: { arguments: json } }))
    expect(
      fold([
        { index: 0, id: 'a', function: { name: 'sun' } },
        ...pieces,
        { index: 1, id: 'b', function: { name: 'moon', arguments: '{}' } },
        { index: 2, id: 'c', custom: { name: 'js', input: '{}{' } },
      ]),
    ).toMatchObject([
      { id: 'a', function: { name: 'sun', arguments: '{"at":1}' } },
      { id: 'b', function: { name: 'moon', arguments: '{}' } },
      { id: 'c', custom: { name: 'js', input: '{}{' } },
    ])
  })

  it('B9 takes an id that comes later', () => {
    const later = [
      { index: 0, function: { name: 'f', arguments: '{' } },
      { index: 0, id: 'a', function: { arguments: '}' } },
    ]
    expect(fold(later)).toEqual([{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }])
  })

  it('B25 keeps what else a service sends, the last of each', () => {
    const pieces = [
      { id: 'a', type: 'custom', extraContent: { google: 1 }, function: { name: 'f' } },
      { id: 'a', extraContent: { google: 2 } },
    ]
    expect(fold(pieces)).toEqual([
      { id: 'a', type: 'custom', extraContent: { google: 2 }, function: { name: 'f', arguments: '{}' } },
    ])
  })

  it('B10 takes a piece whose function is none', () => {
    const none = [null, '', false, 0].map(one => ({ id: 'a', function: one })) as unknown as ToolCallDelta[]
    expect(fold([{ id: 'a', function: { name: 'f', arguments: '{"x":1}' } }, ...none])).toEqual([
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
    ])
  })

  it('B13 has room for 128 calls', () => {
    const pieces = Array.from({ length: 129 }, (_, place) => ({ id: `${place}`, function: { name: 'f' } }))
    expect(fold(pieces.slice(0, 128))).toHaveLength(128)
    expect(() => fold(pieces)).toThrow(ProtocolError)
  })

  it('H16 refuses a name without end', () => {
    const piece = { id: 'a', function: { name: 'f'.repeat(10_000), arguments: '' } }
    expect(() => fold([piece])).toThrow(ProtocolError)
  })

  it('A19 needs no more time for each piece of many that repeat the name', () => {
    const time = (count: number) => {
      const calls: OpenToolCall[] = []
      const started = performance.now()
      addToolCall(calls, { function: { name: 'f', arguments: '{"a":"' } })
      for (let piece = 0; piece < count; piece++)
        addToolCall(calls, { function: { name: 'f', arguments: 'some of it '.repeat(20) } })
      return performance.now() - started
    }
    time(500)
    const ratios = [1, 2, 3, 4, 5].map(() => time(16_000) / time(4000)).sort((a, b) => a - b)
    expect(ratios[2]).toBeLessThan(10)
  })
})
