import { getEventListeners } from 'node:events'
import { expect, it, vi } from 'vitest'
import { createChatCompletion, createClient, retry, streamChatCompletion, timeout } from '../../src/index.ts'
import { startFakeServer } from '../../src/testing/server.ts'
import { drain, request } from '../support/frames.ts'

// Node warns of the eleventh listener on one signal, and of a leak that shows only after thousands of calls.
it('F9 shares a signal among 10,000 calls after each other', { timeout: 600_000 }, async () => {
  await using server = await startFakeServer()
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  const { signal } = new AbortController()
  const client = createClient({ baseUrl: server.baseUrl, policies: [retry(), timeout(5000)] })
  const short = { ...request, model: 'fake-small', maxTokens: 1 }
  for (let count = 0; count < 5000; count++) {
    await createChatCompletion(client, short, { signal })
    expect((await drain(streamChatCompletion(client, short, { signal }))).error).toBeUndefined()
    expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1)
  }
  await vi.waitFor(() => expect(getEventListeners(signal, 'abort')).toEqual([]))
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
  expect(server.requests).toHaveLength(10_000)
})
