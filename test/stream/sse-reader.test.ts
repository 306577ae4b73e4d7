import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { answerOf } from '../../src/call/answer.ts'
import {
  APIError,
  ConnectionError,
  collectText,
  finalCompletion,
  IncompleteStreamError,
  isLLMError,
  LimitError,
  type Policy,
  ProtocolError,
  RateLimitError,
  timeout,
} from '../../src/index.ts'
import {
  type After,
  bodyOf,
  bytesOf,
  chunk,
  cut,
  drain,
  events,
  outcome,
  STOP,
  sse,
  streamOf,
  textOf,
  until,
} from '../support/frames.ts'

const HI = chunk({ role: 'assistant', content: 'Hi' })
const THERE = chunk({ content: ' there' })

/** What a stream of these pieces of text, or of anything else, comes to. */
async function read(pieces: Iterable<unknown>, after: After = 'end', n = 1) {
  const source = bodyOf(
    [...pieces].map(piece => (typeof piece === 'string' ? bytesOf(piece) : piece)),
    after,
  )
  const { values, error } = await drain(streamOf(source.body, { extraBody: { n } }))
  return { text: textOf(values), values, error, source }
}

describe('event reader: bytes', () => {
  const fixture = bytesOf(
    sse(chunk({ content: 'é 漢字 🚀 ﷽ ' }), chunk({ content: 'naïve' }), STOP, '[DONE]'),
  )

  it('A1 hands an event out while the stream stays open, whatever its line ends', async () => {
    for (const end of ['\n', '\r\n']) {
      const text = `data: ${JSON.stringify(HI)}${end}${end}`
      const { body } = bodyOf(cut(bytesOf(text), 1), 'silence')
      const iterator = streamOf(body)[Symbol.asyncIterator]()
      expect((await iterator.next()).value?.choices[0]?.delta.content).toBe('Hi')
      await iterator.return?.()
    }
  })

  it('A2 strips a byte order mark at the start and ignores the field that a later one spoils', async () => {
    const later = bytesOf(`\uFEFF${sse(THERE)}`)
    const { text, error } = await read([bytesOf('\uFEFF'), sse(HI), later, sse(STOP)])
    expect([text, error]).toEqual(['Hi', undefined])
    expect((await read(cut(bytesOf(`\uFEFF${sse(HI, STOP)}`), 1))).text).toBe('Hi')
  })

  it('A3 C18 reads the same at each way to cut the bytes in two', async () => {
    for (let at = 1; at < fixture.length; at++) {
      const { text, error } = await read([fixture.slice(0, at), fixture.slice(at)])
      expect([text, error]).toEqual(['é 漢字 🚀 ﷽ naïve', undefined])
    }
  })

  it('A3 C18 reads the same at any size of network chunks, escapes and line ends cut too', async () => {
    const text = JSON.stringify(chunk({ content: '#漢' })).replace('#', '\\u0041\\ud83d\\ude80')
    const crlf = bytesOf(`data: ${text}\r\n\r\ndata: ${JSON.stringify(STOP)}\r\n\r\n`)
    for (let size = 1; size < 60; size++) expect((await read(cut(crlf, size))).text, `${size}`).toBe('A🚀漢')
  })

  it('A4 replaces invalid UTF-8 and goes on', async () => {
    const [before, after] = sse(chunk({ content: 'a#b' })).split('#')
    const { text, error } = await read([before, Uint8Array.of(0xff), after, sse(STOP)])
    expect([text, error]).toEqual(['a\uFFFDb', undefined])
  })

  it('A5 C18 ends inside a character by the rule for its end', async () => {
    const cutInside = (finish: string | null): Uint8Array[] => [
      bytesOf(sse(chunk({ content: 'Hi' }, finish))),
      bytesOf('data: {"choices":[{"delta":{"content":"🚀').slice(0, -1),
    ]
    expect((await read(cutInside(null))).error).toBeInstanceOf(IncompleteStreamError)
    expect(await read(cutInside('stop'))).toMatchObject({ text: 'Hi', error: undefined })
  })

  it('A6 ignores comments, long ones too', async () => {
    const { text, error } = await read([
      ': OPENROUTER PROCESSING\n\n',
      ':\n\n',
      ...cut(bytesOf(`:${'x'.repeat(1e6)}\n`), 65_536),
      sse(HI, STOP),
    ])
    expect([text, error]).toEqual(['Hi', undefined])
  })

  it('A7 takes JSON that is spread over several lines', async () => {
    const pretty = JSON.stringify(HI, null, 1).replaceAll('\n', '\ndata: ')
    expect((await read([`data: ${pretty}\n\n`, sse(STOP)])).text).toBe('Hi')
  })

  it('A8 skips events without data', async () => {
    const { text, error } = await read(['data\n\n', 'data:\n\n', `data:${JSON.stringify(HI)}\n\n`, sse(STOP)])
    expect([text, error]).toEqual(['Hi', undefined])
  })

  it('A9 counts a last event whose blank line is missing, if it is whole', async () => {
    for (const end of ['', '\n', '\r\n']) {
      const { text, error } = await read([
        sse(HI),
        `data: ${JSON.stringify(chunk({ content: '!' }, 'stop'))}${end}`,
      ])
      expect([text, error]).toEqual(['Hi!', undefined])
    }
    const cutEvent = JSON.stringify(chunk({ content: '!' }, 'stop')).slice(0, -3)
    expect((await read([sse(HI), `data: ${cutEvent}`])).error).toBeInstanceOf(IncompleteStreamError)
    // What is cut after the reason to finish adds nothing.
    expect((await read([sse(HI, STOP), 'data: {"usage":{"prompt_'])).error).toBeUndefined()
    expect((await read([sse(HI, STOP), 'data: [DO'])).error).toBeUndefined()
    expect((await read([sse(HI), 'data: [DO'])).error).toBeInstanceOf(IncompleteStreamError)
    expect((await read([sse(HI), 'data: [DONE]'])).error).toBeUndefined()
  })

  it('A11 ignores fields and lines it does not know', async () => {
    const { text, error } = await read(['foo: bar\n\n', sse(HI), '{"raw":1}\n', sse(STOP)])
    expect([text, error]).toEqual(['Hi', undefined])
  })

  it('A20 tolerates empty chunks and other views of bytes', async () => {
    const empty = new Uint8Array()
    const { buffer } = bytesOf(sse(THERE))
    const { text, error } = await read([
      empty,
      sse(HI),
      empty,
      empty,
      buffer,
      new DataView(bytesOf(sse(STOP)).buffer),
    ])
    expect([text, error]).toEqual(['Hi there', undefined])
  })

  it('A20 refuses chunks that are no bytes', async () => {
    for (const wrong of [null, undefined, 5, {}, true]) {
      const { error } = await read([sse(HI), wrong, sse(STOP)])
      expect(isLLMError(error), `${wrong}: ${error}`).toBe(true)
    }
  })

  it('A20 takes texts for the bytes that they stand for', async () => {
    const { values, error } = await drain(streamOf(bodyOf([sse(chunk({ content: 'é' })), sse(STOP)]).body))
    expect([textOf(values), error]).toEqual(['é', undefined])
  })
})

describe('event reader: ends', () => {
  it('A12 finishes only at [DONE], with white space around it or none', async () => {
    for (const done of [
      'data: [DONE]\n\n',
      'data:[DONE]\n\n',
      'data:  [DONE] \n\n',
      'event: end\ndata: [DONE]\n\n',
    ])
      expect(await read([sse(HI), done])).toMatchObject({ text: 'Hi', error: undefined })
    for (const wrong of ['data: [DONE]x\n\n', 'data: [DONE]\ndata: x\n\n', 'data: [done]\n\n']) {
      const { error } = await read([sse(HI, STOP), wrong, sse(STOP)])
      expect(error).toBeInstanceOf(ProtocolError)
      expect(String((error as Error).message)).not.toMatch(/done/i)
    }
  })

  it('A13 finishes at [DONE] of a connection that stays open', async () => {
    const source = bodyOf([bytesOf(sse(HI, STOP, '[DONE]'))], 'silence')
    expect(await drain(streamOf(source.body))).toMatchObject({ values: [{}, {}] })
    await until(() => source.cancels > 0)
    expect([source.cancels, source.body.locked]).toEqual([1, false])
  })

  it.each([
    ['garbage', 'data: {{{\n\n<html>'],
    ['an error', sse({ error: { message: 'late' } })],
    ['another [DONE]', sse('[DONE]')],
    ['more text', sse(THERE)],
  ])('A13 does not care for %s after [DONE]', async (_, rest) => {
    for (const pieces of [[sse(HI, STOP, '[DONE]'), rest], [sse(HI, STOP, '[DONE]') + rest]])
      expect(await read(pieces)).toMatchObject({ text: 'Hi', error: undefined })
  })

  it('A13 does not care for a body that breaks after [DONE]', async () => {
    const { text, error } = await read([sse(HI, STOP, '[DONE]')], { error: new TypeError('terminated') })
    expect([text, error]).toEqual(['Hi', undefined])
  })

  it('A13 swallows what a cancelled body throws', async () => {
    const body = new ReadableStream({
      start: controller => controller.enqueue(bytesOf(sse(HI, STOP, '[DONE]'))),
      cancel: () => Promise.reject(new Error('cannot cancel')),
    })
    expect(textOf((await drain(streamOf(body))).values)).toBe('Hi')
    await new Promise(resolve => setTimeout(resolve, 150))
  })

  it('C9 tells that the connection broke', async () => {
    const { text, error } = await read([sse(HI)], { error: new TypeError('terminated') })
    expect([text, error]).toEqual(['Hi', expect.any(IncompleteStreamError)])
    expect((error as Error).cause).toBeInstanceOf(ConnectionError)
    const first = (await read([], { error: new TypeError('terminated') })).error
    expect(first).toBeInstanceOf(ConnectionError)
    expect(first).toMatchObject({ retryable: true })
  })

  it('C10 tells a whole stream from a cut one, where the body just ends', async () => {
    expect((await read([sse(HI, STOP)])).error).toBeUndefined()
    expect((await read([sse(HI, '[DONE]')])).error).toBeUndefined()
    for (const pieces of [[sse(HI)], [sse(HI, THERE)]]) {
      const { text, error } = await read(pieces)
      expect(error).toBeInstanceOf(IncompleteStreamError)
      expect(text).toMatch(/^Hi/)
    }
    const nothing = (await read([])).error
    expect(nothing).toBeInstanceOf(IncompleteStreamError)
    expect(nothing).toMatchObject({ retryable: true })
  })

  it('C10 asks each choice for its reason to finish', async () => {
    const both = (...finish: (string | null)[]): object => ({
      choices: finish.map((finish_reason, index) => ({ index, delta: { content: 'x' }, finish_reason })),
    })
    const readTwo = (...list: unknown[]) => read([sse(...list)], 'end', 2)
    expect((await readTwo(both('stop', null))).error).toBeInstanceOf(IncompleteStreamError)
    expect((await readTwo(both('stop', null), both(null, 'length'))).error).toBeUndefined()
    expect((await readTwo(both('stop', null), '[DONE]')).error).toBeUndefined()
  })

  it('C10 takes [DONE] for the end unless a tool call is cut', async () => {
    const tool = (args: string): object =>
      chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: args } }] })
    expect((await read([sse(tool('{"a":'), '[DONE]')])).error).toBeInstanceOf(IncompleteStreamError)
    expect((await read([sse(tool('{"a":'), tool('1}'), '[DONE]')])).error).toBeUndefined()
    expect((await read([sse(tool(''), '[DONE]')])).error).toBeUndefined()
    // A tool call that a length limit cut is the service's own affair.
    expect((await read([sse(tool('{"a":'), chunk({}, 'length'), '[DONE]')])).error).toBeUndefined()
  })

  it('throws an error once and is over then', async () => {
    const iterator = streamOf(sse(HI, { error: { message: 'no' } }))[Symbol.asyncIterator]()
    await iterator.next()
    expect((await outcome(iterator.next())).error).toBeInstanceOf(APIError)
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })
})

describe('event reader: events', () => {
  it('A14 takes `event: error` for an error and any other name for a chunk', async () => {
    const named = (name: string, data: object): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
    const flat = await read([sse(HI), named('error', { message: 'Slow down', code: 'rate_limit_exceeded' })])
    expect(flat.error).toBeInstanceOf(RateLimitError)
    expect(flat.error).toMatchObject({ message: expect.stringContaining('Slow down'), status: 429 })
    const { text, error } = await read([named('chunk', HI), named('ping', {}), named('message', STOP)])
    expect([text, error]).toEqual(['Hi', undefined])
  })

  it.each(['null', '1', '"x"', '[]', 'true', '[{"choices":[]}]'])('A15 refuses %s', async data => {
    const { text, error } = await read([sse(HI, data, STOP)])
    expect([text, error]).toEqual(['Hi', expect.any(ProtocolError)])
    expect((await read([sse(data, STOP)])).error).toBeInstanceOf(ProtocolError)
  })

  it('A15 skips {}', async () => {
    expect(await read([sse({}, HI, {}, STOP, {})])).toMatchObject({ text: 'Hi', error: undefined })
  })

  it('A15 lets others have their turn while it skips a large chunk', async () => {
    let turns = 0
    let isOver = false
    const turn = () => {
      turns++
      if (!isOver) setTimeout(turn)
    }
    setTimeout(turn)
    const { text, error } = await read([sse({}).repeat(300_000) + sse(HI, STOP)])
    isOver = true
    expect([text, error]).toEqual(['Hi', undefined])
    expect(turns).toBeGreaterThan(20)
  })

  it('C18 reads a chunk of megabytes, whatever it holds, as any other', async () => {
    const said = Array.from({ length: 40_000 }, (_, index) => `漢${index}🚀 `)
    const all = sse(...said.map(content => chunk({ content })), STOP)
    expect(all.length).toBeGreaterThan(2 ** 21)
    // Each end of a part falls somewhere else in a character.
    for (const before of ['', ':\n', '::\n', ':::\n'])
      expect(await read([before + all])).toMatchObject({ text: said.join(''), error: undefined })
    const content = '漢'.repeat(1e6)
    const whole = JSON.stringify({ choices: [{ message: { content }, finish_reason: 'stop' }] })
    expect(await read([whole])).toMatchObject({ text: content, error: undefined })
  })

  it.each([
    { choices: {} },
    { choices: 5 },
    { choices: 'x' },
    { choices: [null] },
    { choices: ['x'] },
    { choices: [[]] },
    chunk({ tool_calls: {} }),
    chunk({ tool_calls: [null] }),
    chunk({ content: [null, 5, { type: 'thinking', thinking: null }] }),
    { ...chunk({}), usage: 5 },
  ])('A15 never throws an error of the language for %j', async odd => {
    for (const list of [[odd], [HI, odd], [HI, odd, STOP]])
      for (const work of [drain(streamOf(sse(...list))), outcome(finalCompletion(streamOf(sse(...list))))]) {
        const { error } = await work
        expect(error === undefined || isLLMError(error), String(error)).toBe(true)
      }
  })

  it('A16 refuses malformed JSON and does not repeat it', async () => {
    const { text, error } = await read([sse(HI, '{"choices":[{"delta":{"content":"secret', STOP)])
    expect([text, error]).toEqual(['Hi', expect.any(ProtocolError)])
    expect(`${error} ${JSON.stringify(error)} ${(error as Error).cause}`).not.toContain('secret')
    expect(error).toMatchObject({ retryable: false })
  })

  it('A17 does not parse what nobody asks for', async () => {
    const source = bodyOf([bytesOf(sse(HI) + sse('{broken').repeat(99_999)), bytesOf(sse(STOP))])
    const values = []
    for await (const value of streamOf(source.body)) {
      values.push(value)
      break
    }
    expect(textOf(values)).toBe('Hi')
    await until(() => !source.body.locked)
    expect([source.pulls, source.cancels]).toEqual([1, 1])
  })

  it('A17 reads no further than it is asked to', async () => {
    const source = bodyOf(events(HI, ...Array(50).fill(THERE), STOP).map(bytesOf))
    const iterator = streamOf(source.body)[Symbol.asyncIterator]()
    for (let count = 0; count < 10; count++) await iterator.next()
    expect(source.pulls).toBe(10)
    await iterator.return?.()
  })

  it('A18 limits an event', async () => {
    const config = { maxEventBytes: 1000 }
    const long = sse(chunk({ content: 'x'.repeat(1000) }))
    for (const pieces of [[bytesOf(long)], cut(bytesOf(long), 1), cut(bytesOf(long), 300)]) {
      const source = bodyOf([bytesOf(sse(HI)), ...pieces])
      const { values, error } = await drain(streamOf(source.body, {}, config))
      expect([textOf(values), error]).toEqual(['Hi', expect.any(LimitError)])
      await until(() => !source.body.locked)
    }
    expect((await drain(streamOf(sse(HI, STOP), {}, config))).error).toBeUndefined()
    expect((await drain(streamOf(long + sse(STOP), {}, { maxEventBytes: Infinity }))).error).toBeUndefined()
  })

  it('A18 has room for an event of 8 MiB', async () => {
    const text = 'x'.repeat(2 ** 23)
    expect(await collectText(streamOf(sse(chunk({ content: text }), STOP)))).toBe(text)
  })

  it('C17 C19 limits the whole answer', async () => {
    function* endless(): Generator<Uint8Array> {
      for (;;) yield bytesOf(sse(HI))
    }
    const source = bodyOf(endless())
    const { values, error } = await drain(streamOf(source.body, {}, { maxResponseBytes: 10_000 }))
    expect(error).toBeInstanceOf(LimitError)
    expect(error).toMatchObject({ retryable: false })
    expect(values.length).toBeGreaterThan(50)
    await until(() => source.cancels === 1)
  })

  it('C19 believes a content-length only where it is over the limit', async () => {
    const answer = (length: string): (() => Response) => {
      return () => new Response(sse(HI, STOP), { headers: { 'content-length': length } })
    }
    for (const length of ['1', '-5', 'abc', '0', '99999'])
      expect((await drain(streamOf(answer(length)))).error, length).toBeUndefined()
    const { error } = await drain(streamOf(answer('99999'), {}, { maxResponseBytes: 9999 }))
    expect(error).toBeInstanceOf(LimitError)
  })
})

describe('event reader: answers that are no stream', () => {
  const whole = {
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Whole answer' }, finish_reason: 'stop' }],
    usage: { total_tokens: 3 },
  }

  it('B29 hands a whole completion out as one chunk', async () => {
    for (const text of [
      JSON.stringify(whole),
      JSON.stringify(whole, null, 2),
      `\n ${JSON.stringify(whole)}\n`,
    ])
      for (const size of [1, 7, 10_000]) {
        const { values, error } = await read(cut(bytesOf(text), size))
        expect(error).toBeUndefined()
        expect(values).toMatchObject([
          { choices: [{ delta: { content: 'Whole answer' }, finishReason: 'stop' }] },
        ])
      }
    expect(await finalCompletion(streamOf(JSON.stringify(whole)))).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { content: 'Whole answer' }, finishReason: 'stop' }],
      usage: { totalTokens: 3 },
    })
  })

  it('B29 B16 takes tool calls, thinking and odd members of a whole completion', async () => {
    const message = {
      reasoning_content: 'Hm.',
      tool_calls: [{ id: 'a', function: { name: 'f', arguments: '' } }],
    }
    const answer = { ...whole, choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }
    expect((await finalCompletion(streamOf(JSON.stringify(answer)))).choices[0].message).toEqual({
      role: 'assistant',
      content: null,
      reasoningContent: 'Hm.',
      toolCalls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
    })
  })

  it('B29 reads a chunk alone as a chunk, by the rule for its end', async () => {
    const alone = (finish_reason: string | null) =>
      JSON.stringify({ choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason }] })
    expect(await read([alone('stop')])).toMatchObject({ text: 'Hi', error: undefined })
    expect((await read([alone(null)])).error).toBeInstanceOf(IncompleteStreamError)
  })

  it('C12 refuses a whole completion that is cut', async () => {
    const text = JSON.stringify(whole)
    for (let length = 1; length < text.length; length += 7) {
      const { error, values } = await read([text.slice(0, length)])
      expect([isLLMError(error), values]).toEqual([true, []])
      expect(String(error)).not.toContain('Whole')
    }
  })

  it('C14 throws the error of an answer with status 200', async () => {
    const of = async (body: object) => (await read([JSON.stringify(body)])).error
    expect(await of({ error: { message: 'No', code: 429 } })).toBeInstanceOf(RateLimitError)
    expect(await of({ object: 'error', message: 'vLLM says no', code: 400 })).toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining('vLLM says no'),
    })
    expect(await of({ code: 'x', error: 'as a string' })).toMatchObject({
      message: expect.stringContaining('as a string'),
    })
  })

  it('C13 names the media type of a page, and goes by the content elsewhere', async () => {
    const answer = (text: string, type?: string): (() => Response) => {
      return () => new Response(bytesOf(text), type ? { headers: { 'content-type': type } } : {})
    }
    const page = await drain(streamOf(answer('\n<!DOCTYPE html><p>Login', 'text/html')))
    expect(page.error).toBeInstanceOf(ProtocolError)
    expect(String(page.error)).toContain('text/html')
    expect(String(page.error)).not.toContain('Login')
    for (const type of ['text/plain', undefined, 'Text/Event-Stream; charset=UTF-8', 'application/json'])
      expect(textOf((await drain(streamOf(answer(sse(HI, STOP), type)))).values)).toBe('Hi')
  })

  it('C13 never takes text for an empty stream', async () => {
    for (const text of ['Service unavailable', ' ', '\n', 'null', '[]'])
      expect(isLLMError((await read([text])).error), text).toBe(true)
  })

  it('C22 tells of an answer without a body', async () => {
    expect(isLLMError((await drain(streamOf(() => new Response(null)))).error)).toBe(true)
  })
})

describe('event reader: after the last choice has its reason to finish', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** A body that stays open, and sends a text every 100 ms. */
  function lingering(first: string, text?: string) {
    let timer: ReturnType<typeof setInterval> | undefined
    const cancel = vi.fn(() => clearInterval(timer))
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytesOf(first))
        if (text) timer = setInterval(() => controller.enqueue(bytesOf(text)), 100)
      },
      cancel,
    })
    return { body, cancel }
  }

  const USAGE = { choices: [], usage: { total_tokens: 4 } }

  it.each<[string, string, string?]>([
    ['silence', sse(HI, STOP)],
    ['comments (bifrost#6784)', sse(HI, STOP, USAGE), ': heartbeat\n\n'],
    ['comments, and no usage', sse(HI, STOP), ': heartbeat\n\n'],
    ['empty events', sse(HI, STOP), 'data: {}\n\n'],
  ])('takes a second of %s for the end, and ends the request', async (_, first, text) => {
    const { body, cancel } = lingering(first, text)
    const reading = drain(streamOf(body))
    await vi.advanceTimersByTimeAsync(900)
    expect(cancel).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(300)
    const { values, error } = await reading
    expect([textOf(values), error]).toEqual(['Hi', undefined])
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('waits that long for usage, whatever a shorter limit of silence says', async () => {
    let send!: (text: string) => void
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        send = text => controller.enqueue(bytesOf(text))
        send(sse(HI, STOP))
      },
    })
    const config = { policies: [timeout()] }
    const reading = drain(streamOf(body, { timeout: { idle: 200 } }, config))
    await vi.advanceTimersByTimeAsync(800)
    send(sse(USAGE))
    await vi.advanceTimersByTimeAsync(1200)
    const { values, error } = await reading
    expect([values.at(-1)?.usage?.totalTokens, error]).toEqual([4, undefined])
  })

  it('is not taken for the end before every choice that was asked for has one', async () => {
    const say = (index: number, finish_reason: string | null): object => ({
      choices: [{ index, delta: { content: 'x' }, finish_reason }],
    })
    const { body, cancel } = lingering(sse(say(0, 'stop'), say(1, null)), ': heartbeat\n\n')
    const config = { policies: [timeout()] }
    const reading = drain(streamOf(body, { extraBody: { n: 2 }, timeout: { total: 5000 } }, config))
    await vi.advanceTimersByTimeAsync(4900)
    expect(cancel).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(200)
    expect((await reading).error).toMatchObject({ phase: 'total' })
  })
})

describe('event reader: watchers', () => {
  /** A policy that watches what is still to come of an answer, after what `before` does. */
  function watching(before: () => unknown = () => {}) {
    const told: unknown[] = []
    const policy: Policy = next =>
      async function watchingFetch(url, init) {
        const response = await next(url, init)
        await before()
        answerOf(response)!.watch!({ value: value => told.push(value), end: how => told.push(how) })
        return response
      }
    return { told, config: { policies: [policy] } }
  }

  it('are told of each value in turn, then of the end', async () => {
    const { told, config } = watching()
    const { values } = await drain(streamOf(sse(HI, THERE, STOP, '[DONE]'), {}, config))
    expect(told).toEqual([...values, {}])
    expect(told).toHaveLength(4)
  })

  it('are told of a whole answer that ended before they came', async () => {
    const { told, config } = watching()
    const whole = { choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }] }
    const { values } = await drain(streamOf(JSON.stringify(whole), {}, config))
    expect(told).toEqual([values[0], {}])
  })

  it('are told how it ended when they come too late', async () => {
    const controller = new AbortController()
    const { told, config } = watching(() => controller.abort('mine'))
    const { error } = await drain(streamOf(bodyOf([bytesOf(sse(HI))], 'silence').body, controller, config))
    expect(error).toBe('mine')
    expect(told.at(-1)).toEqual({ error: 'mine' })
  })
})

describe('event reader: any bytes', () => {
  const list = events(HI, chunk({ content: ' 漢🚀' }), THERE, STOP, '[DONE]')
  const bytes = bytesOf(list.join(''))

  it('A3 comes to the same for any cuts', async () => {
    const cuts = fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(cuts, async places => {
        const ends = [...new Set([...places, bytes.length])].sort((a, b) => a - b)
        const { text, error } = await read(ends.map((end, i) => bytes.slice(ends[i - 1] ?? 0, end)))
        expect([text, error]).toEqual(['Hi 漢🚀 there', undefined])
      }),
      { numRuns: 100 },
    )
  })

  it('A4 A16 ends with a value or a typed error whatever the bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: bytes.length - 1 }),
        fc.uint8Array({ minLength: 1, maxLength: 30 }),
        async (at, noise) => {
          const { error } = await read([bytes.slice(0, at), noise, bytes.slice(at)])
          expect(error === undefined || isLLMError(error), String(error)).toBe(true)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('A15 ends with a value or a typed error whatever the JSON is', async () => {
    const odd = fc.record({
      choices: fc.oneof(
        fc.json().map(text => JSON.parse(text)),
        fc.array(fc.record({ index: fc.constantFrom(0, 1, -1, '0', null), delta: fc.jsonValue() })),
      ),
    })
    await fc.assert(
      fc.asyncProperty(odd, async value => {
        const { error } = await outcome(finalCompletion(streamOf(sse(value, STOP))))
        expect(error === undefined || isLLMError(error), String(error)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
