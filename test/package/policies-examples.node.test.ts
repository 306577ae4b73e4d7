import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createFakeFetch, type Fault } from '../../src/testing/index.ts'
import { requireBuild, root } from './built.ts'

beforeAll(requireBuild)

interface Worker {
  fetch(request: Request, env: object): Promise<Response>
}

const env = {
  LLM_BASE_URL: 'https://first.test/v1',
  LLM_API_KEY: 'sk-first',
  LLM_MODEL: 'fake-small',
  FALLBACK_BASE_URL: 'https://second.test/v1',
  FALLBACK_API_KEY: 'sk-second',
  FALLBACK_MODEL: 'fake-large',
}

/** A Worker that has served nobody yet, and the services behind it. */
async function startWorker(first: Fault = {}, second: Fault = {}) {
  const fetch = createFakeFetch({
    faults: ({ url }) => (url.startsWith(env.LLM_BASE_URL) ? first : second),
    reply: () => 'one two three',
  })
  vi.stubGlobal('fetch', fetch)
  vi.resetModules()
  const { default: worker } = (await import(join(root, 'examples/worker-policies.mjs'))) as {
    default: Worker
  }
  const ask = (init: RequestInit = {}) => {
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'Count' }], model: 'dear', n: 9 })
    return worker.fetch(new Request('https://worker.test/', { method: 'POST', body, ...init }), env)
  }
  return { fetch, ask, worker }
}

/** The text of a stream of chunks. */
function textOf(events: string): string {
  const data = [...events.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json!))
  return data.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
}

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('examples/worker-policies.mjs', () => {
  it('relays a stream, and sends only the messages on', async () => {
    const { fetch, ask } = await startWorker()
    const response = await ask()
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const events = await response.text()
    expect([textOf(events), events.endsWith('data: [DONE]\n\n')]).toEqual(['one two three', true])
    expect(fetch.requests[0]).toMatchObject({
      headers: { authorization: 'Bearer sk-first' },
      body: { model: 'fake-small', stream: true, max_tokens: 500 },
    })
    expect(fetch.requests[0]!.body).not.toHaveProperty('n')
  })

  it('asks the second service when the first is overloaded, and says so', async () => {
    const { fetch, ask } = await startWorker({ status: 529, headers: { 'retry-after': '0' } })
    const response = await ask()
    expect(response.headers.get('x-answered-by')).toBe(env.FALLBACK_BASE_URL)
    expect(textOf(await response.text())).toBe('one two three')
    expect(fetch.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer sk-first',
      'Bearer sk-first',
      'Bearer sk-first',
      'Bearer sk-second',
    ])
  })

  it('answers 503 at once while both are known to be down', async () => {
    const down = { status: 503, headers: { 'retry-after': '0' } }
    const { fetch, ask } = await startWorker(down, down)
    expect((await ask()).status).toBe(502)
    await ask()
    const { length } = fetch.requests
    const response = await ask()
    expect(response.status).toBe(503)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await response.text()).not.toMatch(/sk-|first\.test/)
    expect(fetch.requests).toHaveLength(length)
  })

  it('ends the request behind it when the page goes away', async () => {
    const { fetch, ask } = await startWorker({ stall: 2 })
    const controller = new AbortController()
    const response = await ask({ signal: controller.signal })
    const reader = response.body!.getReader()
    await reader.read()
    await reader.cancel()
    await vi.waitFor(() => expect(fetch.requests[0]!.aborted).toBe(true))
  })

  it('takes nothing but POST', async () => {
    const { worker } = await startWorker()
    expect((await worker.fetch(new Request('https://worker.test/'), env)).status).toBe(405)
  })
})

describe('examples/retry-any-sdk.mjs', () => {
  it('retries under another client', () => {
    const output = execFileSync(process.execPath, ['examples/retry-any-sdk.mjs'], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(output).toMatch(/^attempt 1: 503, again in \d+ ms\nattempt 2: no answer, again in \d+ ms\n\S/)
  })
})
