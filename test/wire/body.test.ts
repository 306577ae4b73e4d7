import { describe, expect, it, vi } from 'vitest'
import { ConnectionError, LimitError } from '../../src/index.ts'
import { openBody, readText } from '../../src/wire/body.ts'
import { failureOf } from '../client/harness.ts'

const { signal } = new AbortController()
const encoder = new TextEncoder()

function bodyOf(
  chunks: readonly Uint8Array[],
  init: ResponseInit = {},
): { response: Response; cancel: ReturnType<typeof vi.fn> } {
  const cancel = vi.fn()
  let place = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[place++]
        if (chunk) controller.enqueue(chunk)
        else controller.close()
      },
      cancel,
    },
    { highWaterMark: 0 },
  )
  return { response: new Response(body, init), cancel }
}

describe('openBody', () => {
  it('counts the bytes that arrive, whatever content-length says', async () => {
    for (const length of ['1', '-5', 'abc', '']) {
      const { response, cancel } = bodyOf([new Uint8Array(6), new Uint8Array(6)], {
        headers: { 'content-length': length },
      })
      const error = await failureOf(readText(openBody(response, { signal }, 10)))
      expect(error).toBeInstanceOf(LimitError)
      expect(cancel).toHaveBeenCalledOnce()
    }
  })

  it('refuses a content-length over the limit, at once', async () => {
    const { response, cancel } = bodyOf([new Uint8Array(1)], { headers: { 'content-length': '11' } })
    expect(await failureOf(readText(openBody(response, { signal }, 10)))).toBeInstanceOf(LimitError)
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('takes exactly the limit, and no limit at all', async () => {
    expect(await readText(openBody(bodyOf([new Uint8Array(10)]).response, { signal }, 10))).toHaveLength(10)
    expect(
      await readText(openBody(bodyOf([new Uint8Array(10)]).response, { signal }, Infinity)),
    ).toHaveLength(10)
  })

  it('tells of each read', async () => {
    const [wait, bytes] = [vi.fn(), vi.fn()]
    await readText(
      openBody(
        bodyOf([new Uint8Array(1), new Uint8Array(1)]).response,
        { signal, watchers: [{ wait, bytes }] },
        10,
      ),
    )
    expect(wait).toHaveBeenCalledTimes(3)
    expect(bytes).toHaveBeenCalledTimes(3)
  })

  it('rejects with the reason of the signal, and cancels', async () => {
    const controller = new AbortController()
    const cancel = vi.fn()
    const response = new Response(new ReadableStream({ cancel }))
    const reading = failureOf(openBody(response, controller, 10).read())
    const reason = new Error('mine')
    controller.abort(reason)
    expect(await reading).toBe(reason)
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('tells a broken connection from broken compression', async () => {
    const broken = (cause: unknown) =>
      new Response(
        new ReadableStream({ start: controller => controller.error(new TypeError('terminated', { cause })) }),
      )
    const reset = await failureOf(readText(openBody(broken({ code: 'ECONNRESET' }), { signal }, 10)))
    expect(reset).toBeInstanceOf(ConnectionError)
    expect(reset).toMatchObject({ code: 'ECONNRESET', retryable: true })
    const corrupt = await failureOf(readText(openBody(broken({ code: 'Z_DATA_ERROR' }), { signal }, 10)))
    expect(corrupt).toMatchObject({ code: 'Z_DATA_ERROR', retryable: false })
  })
})

describe('readText', () => {
  it('joins characters that were cut between two reads, and replaces those that are none', async () => {
    const bytes = [...encoder.encode('é漢🚀')].map(byte => new Uint8Array([byte]))
    expect(await readText(openBody(bodyOf(bytes).response, { signal }, 100))).toBe('é漢🚀')
    const invalid = [new Uint8Array([0x61, 0xff, 0x62])]
    expect(await readText(openBody(bodyOf(invalid).response, { signal }, 100))).toBe('a\ufffdb')
    const cut = [encoder.encode('é').slice(0, 1)]
    expect(await readText(openBody(bodyOf(cut).response, { signal }, 100))).toBe('\ufffd')
  })

  it('stops after enough', async () => {
    const { response, cancel } = bodyOf(Array.from({ length: 100 }, () => new Uint8Array(10)))
    const text = await readText(openBody(response, { signal }, Infinity), undefined, 25)
    expect(text).toHaveLength(30)
    expect(cancel).toHaveBeenCalledOnce()
  })
})
