import { describe, expect, it } from 'vitest'
import { LimitError } from '../../src/index.ts'
import { createEventDecoder } from '../../src/stream/event-decoder.ts'

type Decoder = ReturnType<typeof createEventDecoder>

const decoder = (limit = 1e9): Decoder => createEventDecoder(limit)
const size = (text: string): number => new TextEncoder().encode(text).length

/** The events among what a piece of text completes. */
function eventsOf(decoded: ReturnType<ReturnType<typeof createEventDecoder>>) {
  return decoded.flatMap(one => ('stray' in one ? [] : [one]))
}

/** The lines outside of the framing. */
function straysOf(decoded: ReturnType<ReturnType<typeof createEventDecoder>>): string[] {
  return decoded.flatMap(one => ('stray' in one ? [one.stray] : []))
}

/** The data of the events in these pieces of text. */
function dataOf(...pieces: string[]): string[] {
  const decode = decoder()
  return pieces.flatMap(piece => eventsOf(decode(piece, size(piece))).map(({ data }) => data))
}

const LINE_ENDS = ['\n', '\r', '\r\n']

describe('event decoder', () => {
  it.each(LINE_ENDS.flatMap(first => LINE_ENDS.map(second => [first, second] as const)))(
    'A1 takes %j after a field and %j as the blank line, a character a read',
    (first, second) => {
      // `\r` and then `\n` are one line end, not two.
      const blank = first === '\r' && second === '\n' ? '\n\n' : second
      const text = `data: one${first}${blank}data: two${first}${blank}`
      expect(dataOf(...text, '\n')).toEqual(['one', 'two'])
      expect(dataOf(`${text}\n`)).toEqual(['one', 'two'])
    },
  )

  it('A1 gives an event out as soon as its blank line is there', () => {
    for (const end of ['\n', '\r\n']) {
      const decode = decoder()
      const counts = [...`data: one${end}${end}`].map(char => eventsOf(decode(char, 1)).length)
      expect(counts.indexOf(1)).toBeGreaterThanOrEqual(`data: one${end}`.length)
      expect(counts.filter(Boolean)).toEqual([1])
    }
    // A last `\r` may be the first half of `\r\n`: the parser waits for the next line, or for the end of the body.
    for (const next of ['data: two\r', ': comment\n', '\n\n']) {
      const decode = decoder()
      const counts = ['data: one\r\r', next].map(piece => eventsOf(decode(piece, size(piece))).length)
      expect(counts[0]! + counts[1]!).toBe(1)
    }
  })

  it('A1 makes no event of a split line end', () => {
    expect(dataOf('data: one\r', '\n\r', '\ndata: two\r', '\n', '\r', '\n')).toEqual(['one', 'two'])
  })

  it('A6 ignores comments', () => {
    expect(
      dataOf(':\n', ': OPENROUTER PROCESSING\n\n', 'data: one\n: between\n\n', `:${'x'.repeat(1e6)}\n`),
    ).toEqual(['one'])
  })

  it('A7 joins the lines of an event', () => {
    expect(dataOf('data: {"a":\ndata: 1}\n\n')).toEqual(['{"a":\n1}'])
  })

  it('A8 strips one space, and has an empty event for an empty field', () => {
    expect(dataOf('data:x\n\n', 'data: x\n\n', 'data:  x\n\n')).toEqual(['x', 'x', ' x'])
    expect(dataOf('data\n\n', 'data:\n\n').filter(Boolean)).toEqual([])
  })

  it('A10 does not care for id and retry', () => {
    const fields = ['id:', 'id: a\0b', 'id: 7', 'retry: 5', 'retry: abc', 'retry: 99999999999']
    expect(dataOf(...fields.map(field => `${field}\ndata: x\n\n`))).toEqual(fields.map(() => 'x'))
  })

  it('A11 ignores unknown fields and lines without one', () => {
    expect(dataOf('{"error":"raw"}\nfoo: bar\nfoo\ndata: x\n\n')).toEqual(['x'])
  })

  it('A11 gives out lines outside of the framing that may tell of an error, however they are cut', () => {
    const text = 'data: x\n\n{"error":"raw"}\nfoo: bar\r\nerror: {"code":400}\rerror:5\nerr\n\ndata: {\n\ne'
    for (let size = 1; size <= text.length; size++) {
      const decode = decoder()
      const strays: string[] = []
      for (let at = 0; at < text.length; at += size)
        strays.push(...straysOf(decode(text.slice(at, at + size), size)))
      expect(strays, `${size}`).toEqual(['{"error":"raw"}', '{"code":400}', '5'])
    }
  })

  it('A11 does not keep a line outside of the framing that never ends', () => {
    const decode = decoder()
    const strays = [`{"${'x'.repeat(70_000)}`, 'y'.repeat(70_000), '"}\n', '{"a":1}\n'].map(piece =>
      straysOf(decode(piece, 0)),
    )
    expect(strays).toEqual([[], [], [], ['{"a":1}']])
  })

  it('A14 tells the name of an event', () => {
    expect(eventsOf(decoder()('event: error\ndata: x\n\ndata: y\n\n', 30)).map(({ event }) => event)).toEqual(
      ['error', undefined],
    )
  })

  describe('A18 limits an event', () => {
    const feed = (limit: number, pieces: Iterable<string>): number => {
      const decode = decoder(limit)
      let count = 0
      for (const piece of pieces) count += eventsOf(decode(piece, piece.length)).length
      return count
    }

    it('that comes in one piece', () => {
      expect(() => feed(100, [`data: ${'x'.repeat(101)}\n\n`])).toThrow(LimitError)
      expect(() => feed(100, [`data: a\n\ndata: ${'x'.repeat(101)}\n\ndata: b\n\n`])).toThrow(LimitError)
      expect(feed(100, [`data: ${'x'.repeat(60)}\n\n`])).toBe(1)
    })

    it('that comes character by character', () => {
      expect(() => feed(100, `data: ${'x'.repeat(101)}`)).toThrow(LimitError)
    })

    it('that has many lines', () => {
      expect(() => feed(1000, Array(200).fill('data: x\n'))).toThrow(LimitError)
    })

    it.each(['event: ', 'id: ', ':', 'unknown: '])('whose %s never ends', field => {
      expect(() => feed(100, [field, ...Array(101).fill('x')])).toThrow(LimitError)
    })

    it('and not many small ones', () => {
      expect(feed(100, Array(1000).fill('data: small\n\n'))).toBe(1000)
      expect(feed(100, ['data: small\n\n'.repeat(1000)])).toBe(1000)
    })
  })

  it('A19 needs time in proportion to the length', () => {
    const time = (pieces: readonly string[]): number => {
      const runs = Array.from({ length: 3 }, () => {
        const decode = decoder()
        const start = performance.now()
        for (const piece of pieces) decode(piece, piece.length)
        return performance.now() - start
      })
      return Math.min(...runs)
    }
    for (const piece of ['x', 'data: x\n']) {
      const small = ['data: ', ...Array<string>(100_000).fill(piece), '\n\n']
      const large = ['data: ', ...Array<string>(400_000).fill(piece), '\n\n']
      time(small)
      // Four times the length; anything quadratic takes sixteen times as long. Clocks are coarse in some runtimes.
      const ratios = [1, 2, 3].map(() => time(large) / Math.max(time(small), 15)).sort((a, b) => a - b)
      expect(ratios[1]).toBeLessThan(10)
    }
  })

  it('A19 needs it for a line outside of the framing, too', () => {
    const time = (length: number): number => {
      const decode = decoder()
      const start = performance.now()
      for (const char of `\n{${'x'.repeat(length)}`) decode(char, 1)
      return performance.now() - start
    }
    time(3000)
    // Eight times the length; anything quadratic takes sixty-four times as long.
    const ratios = [1, 2, 3].map(() => time(24_000) / Math.max(time(3000), 5)).sort((a, b) => a - b)
    expect(ratios[1]).toBeLessThan(25)
  })
})
