import { describe, expect, it, vi } from 'vitest'
import { createFakeFetch, type Fault } from '../../src/testing/index.ts'
import { chatBody, chunksOf, dataOf, drain, post, URL_BASE } from './support.ts'

const CHAT = `${URL_BASE}/chat/completions`
const reply = (): string => 'one two three four'

function ask(faults: Fault, stream: boolean, signal?: AbortSignal): Promise<Response> {
  const init = post(chatBody('Hi', { stream }), signal ? { signal } : {})
  return createFakeFetch({ faults, reply })(CHAT, init)
}

/** What arrives of an answer that then stays silent. */
async function readUntilSilent(fault: Fault, stream: boolean): Promise<string> {
  const controller = new AbortController()
  const response = await ask(fault, stream, controller.signal)
  const timer = setTimeout(() => controller.abort('silent'), 30)
  const { text, error } = await drain(response)
  clearTimeout(timer)
  expect(error).toBe('silent')
  return text
}

describe('faulty statuses and bodies', () => {
  it.each([
    [429, 'rate_limit_exceeded', 'requests'],
    [401, 'invalid_api_key', 'invalid_request_error'],
    [503, null, 'server_error'],
    [500, null, 'server_error'],
    [418, null, 'invalid_request_error'],
  ])('%i has the usual error', async (status, code, type) => {
    const response = await ask({ status, headers: { 'Retry-After': '2' } }, true)
    expect(response.status).toBe(status)
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await response.json()).toMatchObject({
      error: { message: expect.any(String), type, code, param: null },
    })
  })

  it('takes a body of your own', async () => {
    const json = await ask({ status: 529, body: { error: 'busy' } }, false)
    expect([json.status, await json.json()]).toEqual([529, { error: 'busy' }])
    const text = await ask({ body: 'data: {}\n\n', headers: { 'content-type': 'text/event-stream' } }, true)
    expect([text.status, text.headers.get('content-type'), await text.text()]).toEqual([
      200,
      'text/event-stream',
      'data: {}\n\n',
    ])
  })

  it('redirects and answers without a body', async () => {
    const moved = await ask({ status: 307, headers: { location: 'https://elsewhere.test/' } }, false)
    expect([moved.status, moved.headers.get('location'), await moved.text()]).toEqual([
      307,
      'https://elsewhere.test/',
      '',
    ])
    expect((await ask({ status: 204 }, false)).body).toBeNull()
  })

  it('delays the headers', async () => {
    vi.useFakeTimers()
    try {
      const settled = vi.fn()
      const asking = ask({ delay: 30 }, false).then(settled)
      await vi.advanceTimersByTimeAsync(29)
      expect(settled).not.toHaveBeenCalled()
      await vi.advanceTimersByTimeAsync(1)
      await asking
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('faulty streams', () => {
  it('cut ends the body cleanly, never with a finish', async () => {
    for (const [cut, count] of [
      [0, 0],
      [2, 2],
      [99, 5],
    ] as const) {
      const text = await (await ask({ cut }, true)).text()
      expect(chunksOf(text)).toHaveLength(count)
      expect(text).not.toContain('[DONE]')
      expect(chunksOf(text).every(chunk => chunk.choices[0].finish_reason === null)).toBe(true)
    }
  })

  it('reset breaks the body with a TypeError', async () => {
    for (const [reset, count] of [
      [0, 0],
      [3, 3],
      [99, 7],
    ] as const) {
      const { text, error } = await drain(await ask({ reset }, true))
      expect(dataOf(text)).toHaveLength(count)
      expect(error).toBeInstanceOf(TypeError)
    }
    await expect(ask({ reset: 'headers' }, true)).rejects.toBeInstanceOf(TypeError)
  })

  it('stall falls silent and stays open', async () => {
    expect(await readUntilSilent({ stall: 'first' }, true)).toBe('')
    expect(chunksOf(await readUntilSilent({ stall: 2 }, true))).toHaveLength(2)
  })

  it('lingering never closes after [DONE], and notices being cancelled', async () => {
    expect(dataOf(await readUntilSilent({ lingering: true }, true)).at(-1)).toBe('[DONE]')
    const fetch = createFakeFetch({ faults: { lingering: true } })
    const response = await fetch(CHAT, post(chatBody('Hi')))
    await response.body?.cancel()
    expect(fetch.requests[0]?.aborted).toBe(true)
  })

  it('duplicateDone says [DONE] twice', async () => {
    const data = dataOf(await (await ask({ duplicateDone: true }, true)).text())
    expect(data.slice(-2)).toEqual(['[DONE]', '[DONE]'])
  })

  it('garbage is one malformed event after the first', async () => {
    const data = dataOf(await (await ask({ garbage: true }, true)).text())
    expect(() => JSON.parse(data[1] ?? '')).toThrow()
    expect(JSON.parse(data[0] ?? '').choices[0].delta.role).toBe('assistant')
    expect(data.at(-1)).toBe('[DONE]')
    expect(dataOf(await (await ask({ garbage: 'oops' }, true)).text())[1]).toBe('oops')
  })
})

describe('faulty plain answers', () => {
  it('comes to half the JSON', async () => {
    const whole = await (await ask({}, false)).text()
    const cut = await (await ask({ cut: 1 }, false)).text()
    expect(whole.startsWith(cut)).toBe(true)
    expect(cut.length).toBe(Math.ceil(whole.length / 2))
    const { text, error } = await drain(await ask({ reset: 1 }, false))
    expect([text, error]).toEqual([cut, expect.any(TypeError)])
    expect(await readUntilSilent({ stall: 1 }, false)).toBe(cut)
  })

  it('is not JSON, or a page', async () => {
    const garbage = await ask({ garbage: true }, false)
    expect(garbage.headers.get('content-type')).toBe('application/json')
    await expect(garbage.json()).rejects.toThrow()
    for (const stream of [false, true]) {
      const page = await ask({ garbage: 'html' }, stream)
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
      expect(await page.text()).toMatch(/^<!DOCTYPE html>/)
    }
  })
})

describe('which request a fault meets', () => {
  const statuses = async (fetch: typeof globalThis.fetch, count: number): Promise<number[]> => {
    const found: number[] = []
    for (let i = 0; i < count; i++) found.push((await fetch(`${URL_BASE}/models`)).status)
    return found
  }

  it('a single one every request, a list one each, a function those it picks', async () => {
    expect(await statuses(createFakeFetch({ faults: { status: 500 } }), 3)).toEqual([500, 500, 500])
    expect(await statuses(createFakeFetch({ faults: [{ status: 500 }, {}, { status: 502 }] }), 4)).toEqual([
      500, 200, 502, 200,
    ])
    const picky = createFakeFetch({
      faults: (request, i) => (request.path && i === 1 ? { status: 504 } : undefined),
    })
    expect(await statuses(picky, 3)).toEqual([200, 504, 200])
  })

  it('a header its own request only', async () => {
    const fetch = createFakeFetch()
    const headers = { 'x-fake-fault': JSON.stringify({ status: 429 }) }
    expect((await fetch(`${URL_BASE}/models`, { headers })).status).toBe(429)
    expect((await fetch(`${URL_BASE}/models`)).status).toBe(200)
    expect((await fetch(`${URL_BASE}/models`, { headers: { 'x-fake-fault': 'oops' } })).status).toBe(400)
  })
})
