import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cache, cacheApiStore, createChatCompletion, createEmbedding, LLMError } from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { chatRequest, clientOf, isWorkerd } from '../client/harness.ts'

const hasCaches = 'caches' in globalThis

function setUp(store = cacheApiStore(), ttl = 60_000) {
  const onError = vi.fn()
  const fetch = createFakeFetch()
  const client = clientOf(fetch, { policies: [cache({ store, ttl, onError })] })
  const ask = async (content = 'Hi') => {
    const request = { ...chatRequest, messages: [{ role: 'user' as const, content }] }
    const { data, headers } = await createChatCompletion(client, request).withResponse()
    return [headers.get('x-llmfetch-cache') ?? 'asked', data.choices[0].message.content]
  }
  return { ask, client, fetch, onError }
}

describe.runIf(hasCaches)('cacheApiStore', () => {
  /** A name that no test before has used: what is stored outlives a test. */
  let name: string
  beforeEach(() => {
    name = `llmfetch-test-${crypto.randomUUID()}`
  })
  afterEach(async () => {
    vi.useRealTimers()
    // Workers cannot do it.
    if (!isWorkerd) await caches.delete(name)
  })

  it('keeps answers for any client that opens it', async () => {
    const one = setUp(cacheApiStore(name))
    const other = setUp(cacheApiStore(name))
    const [, text] = await one.ask()
    expect(await other.ask()).toEqual(['hit', text])
    expect((await one.ask('Ho'))[0]).toBe('asked')
    expect(one.onError).not.toHaveBeenCalled()
  })

  it('is one cache by default, another by another name', async () => {
    const content = crypto.randomUUID()
    await setUp(cacheApiStore()).ask(content)
    expect((await setUp(cacheApiStore('llmfetch')).ask(content))[0]).toBe('hit')
    expect((await setUp(cacheApiStore(name)).ask(content))[0]).toBe('asked')
  })

  it('keeps vectors one by one', async () => {
    const { client, fetch } = setUp(cacheApiStore(name))
    await createEmbedding(client, { model: 'fake-embed', input: ['b', 'é🚀'] })
    const { data } = await createEmbedding(client, { model: 'fake-embed', input: ['a', 'é🚀', 'b'] })
    expect(data).toHaveLength(3)
    expect(fetch.requests[1]!.body).toMatchObject({ input: ['a'] })
  })

  it('does not give what is older than the ttl', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { ask } = setUp(cacheApiStore(name), 5000)
    await ask()
    vi.setSystemTime(Date.now() + 4999)
    expect((await ask())[0]).toBe('hit')
    vi.setSystemTime(Date.now() + 1)
    expect((await ask())[0]).toBe('asked')
  })

  it('stores, finds and removes', async () => {
    const store = cacheApiStore(name)
    expect((await store.getItem('llmfetch:a')) ?? null).toBeNull()
    await store.setItem('llmfetch:a', 'prüfung', { ttl: 60 })
    await store.setItem('llmfetch:b', 'for ever', {})
    expect(await store.getItem('llmfetch:a')).toBe('prüfung')
    expect(await store.getItem('llmfetch:b')).toBe('for ever')
    await store.removeItem('llmfetch:a')
    expect((await store.getItem('llmfetch:a')) ?? null).toBeNull()
  })

  it('asks nobody', async () => {
    const fetch = vi.spyOn(globalThis, 'fetch')
    await setUp(cacheApiStore(name)).ask()
    expect(fetch).not.toHaveBeenCalled()
  })
})

describe.runIf(!hasCaches)('cacheApiStore where there is none', () => {
  it('is a store that fails', async () => {
    const { ask, onError } = setUp()
    expect([(await ask())[0], (await ask())[0]]).toEqual(['asked', 'asked'])
    expect(onError).toHaveBeenCalledTimes(4)
    expect(onError.mock.calls[0]![0]).not.toBeInstanceOf(LLMError)
  })
})
