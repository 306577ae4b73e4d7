import { describe, expect, it, vi } from 'vitest'
import { createFakeFetch } from '../../src/testing/index.ts'
import { chatBody, chunksOf, drain, post, URL_BASE } from './support.ts'

const CHAT = `${URL_BASE}/chat/completions`

describe('createFakeFetch', () => {
  it('stands in for the global fetch', async () => {
    const fetch: typeof globalThis.fetch = createFakeFetch()
    const response = await fetch(new URL(`${URL_BASE}/models`))
    expect(response).toBeInstanceOf(Response)
    expect(response.url).toBe(`${URL_BASE}/models`)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toMatchObject({
      object: 'list',
      data: [{ id: 'fake-small', object: 'model' }, {}, {}],
    })
  })

  it('records requests, whatever form they come in', async () => {
    const fetch = createFakeFetch()
    await fetch(`${CHAT}?api-version=1`, post(chatBody('Hi'), { headers: { 'X-Mine': 'yes' } }))
    await fetch(new Request(`${URL_BASE}/embeddings`, post({ model: 'fake-embed', input: 'a' })))
    await fetch(`${URL_BASE}/embeddings`, { method: 'POST', body: new TextEncoder().encode('not json') })
    expect(fetch.requests).toMatchObject([
      {
        method: 'POST',
        url: `${CHAT}?api-version=1`,
        path: '/v1/chat/completions',
        body: chatBody('Hi'),
        aborted: false,
      },
      { path: '/v1/embeddings', body: { model: 'fake-embed', input: 'a' } },
      { body: 'not json' },
    ])
    expect(fetch.requests[0]?.headers).toMatchObject({ 'x-mine': 'yes', 'content-type': 'application/json' })
  })

  it('numbers its answers, and begins again on reset', async () => {
    const fetch = createFakeFetch({ faults: [{ status: 503 }] })
    const once = async (): Promise<unknown[]> => {
      const { status, headers } = await fetch(`${URL_BASE}/models`)
      return [status, headers.get('x-request-id'), headers.get('x-ratelimit-remaining-requests')]
    }
    const before = [await once(), await once()]
    expect(before).toEqual([
      [503, 'req_fake_1', '9999'],
      [200, 'req_fake_2', '9998'],
    ])
    fetch.reset()
    expect(fetch.requests).toEqual([])
    expect([await once(), await once()]).toEqual(before)
  })

  it('rejects with the reason of a signal aborted before, and sends nothing', async () => {
    const fetch = createFakeFetch()
    const reason = new Error('not now')
    await expect(fetch(CHAT, post(chatBody('Hi'), { signal: AbortSignal.abort(reason) }))).rejects.toBe(
      reason,
    )
    expect(fetch.requests).toEqual([])
  })

  it('rejects with the reason of a signal aborted while it waits for headers', async () => {
    for (const fault of [{ stall: 'headers' as const }, { delay: 60_000 }, {}]) {
      const fetch = createFakeFetch({ faults: fault })
      const controller = new AbortController()
      const answer = fetch(CHAT, post(chatBody('Hi'), { signal: controller.signal }))
      controller.abort('enough')
      await expect(answer).rejects.toBe('enough')
      expect(fetch.requests[0]?.aborted).toBe(true)
    }
  })

  it('errors the body with the reason of a signal aborted in mid stream', async () => {
    const fetch = createFakeFetch()
    const controller = new AbortController()
    const response = await fetch(CHAT, post(chatBody('Hi', { stream: true }), { signal: controller.signal }))
    const reader = response.body?.getReader()
    expect((await reader?.read())?.done).toBe(false)
    expect(fetch.requests[0]?.aborted).toBe(false)
    controller.abort('enough')
    await expect(reader?.read()).rejects.toBe('enough')
    expect(fetch.requests[0]?.aborted).toBe(true)
  })

  it('obeys the signal inside a Request', async () => {
    const controller = new AbortController()
    const fetch = createFakeFetch({ faults: { stall: 'headers' } })
    const answer = fetch(new Request(CHAT, post(chatBody('Hi'), { signal: controller.signal })))
    const seen = expect(answer).rejects.toThrow('enough')
    await new Promise(resolve => setTimeout(resolve, 5))
    controller.abort(new Error('enough'))
    await seen
  })

  it('knows a cancelled body from one read to its end', async () => {
    const fetch = createFakeFetch()
    const begin = (): Promise<Response> => fetch(CHAT, post(chatBody('Hi', { stream: true })))
    await (await begin()).body?.cancel()
    await (await begin()).text()
    const reader = (await begin()).body?.getReader()
    const decoder = new TextDecoder()
    while (!decoder.decode((await reader?.read())?.value).includes('[DONE]'));
    await reader?.cancel()
    expect(fetch.requests.map(request => request.aborted)).toEqual([true, false, false])
  })

  it('takes its listeners off the signal when all is over', async () => {
    const ends: ((response: Response) => Promise<unknown>)[] = [
      response => response.text(),
      async response => response.body?.cancel(),
    ]
    for (const fault of [{}, { delay: 1 }]) {
      for (const end of ends) {
        const { signal, count } = countingSignal()
        const fetch = createFakeFetch({ faults: fault })
        const response = await fetch(CHAT, post(chatBody('Hi', { stream: true }), { signal }))
        expect(count()).toBe(1)
        await end(response)
        expect(count()).toBe(0)
      }
    }
  })

  it('makes events only as they are read', async () => {
    const fetch = createFakeFetch({ reply: () => 'word '.repeat(1000) })
    const response = await fetch(CHAT, post(chatBody('Hi', { stream: true })))
    const encode = vi.spyOn(TextEncoder.prototype, 'encode')
    const reader = response.body?.getReader()
    await new Promise(resolve => setTimeout(resolve, 5))
    expect(encode).not.toHaveBeenCalled()
    for (let i = 0; i < 3; i++) await reader?.read()
    await new Promise(resolve => setTimeout(resolve, 5))
    expect(encode).toHaveBeenCalledTimes(3)
    encode.mockRestore()
    await reader?.cancel()
  })

  it('waits between events', async () => {
    vi.useFakeTimers()
    try {
      const fetch = createFakeFetch({ chunkDelay: 10, reply: () => 'one two three' })
      const settled = vi.fn()
      const reading = fetch(CHAT, post(chatBody('Hi', { stream: true }))).then(drain)
      reading.then(settled)
      await vi.advanceTimersByTimeAsync(45)
      expect(settled).not.toHaveBeenCalled()
      await vi.advanceTimersByTimeAsync(100)
      expect(chunksOf((await reading).text)).toHaveLength(5)
    } finally {
      vi.useRealTimers()
    }
  })

  it('rejects with what the own reply threw', async () => {
    const bug = new RangeError('my bug')
    const fetch = createFakeFetch({
      reply: () => {
        throw bug
      },
    })
    await expect(fetch(CHAT, post(chatBody('Hi')))).rejects.toBe(bug)
  })
})

function countingSignal(): { signal: AbortSignal; count: () => number } {
  const { signal } = new AbortController()
  let count = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = ((...args: Parameters<typeof add>) => {
    count++
    add(...args)
  }) as typeof add
  signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
    count--
    remove(...args)
  }) as typeof remove
  return { signal, count: () => count }
}
