import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryQuota, memoryStreams, quotaStore, redisStreams, streamStore } from '../../src/relay/index.ts'
import { failureOf } from '../client/harness.ts'
import { never } from '../policies/contract.ts'
import { errorOf, question, relayOf, visit } from './harness.ts'

/** Lets seconds pass until `work` is over. */
async function inTheEnd<T>(work: Promise<T>): Promise<T> {
  let isOver = false
  const over = () => {
    isOver = true
  }
  work.then(over, over)
  await vi.waitUntil(
    async () => {
      await vi.advanceTimersByTimeAsync(500)
      return isOver
    },
    { interval: 1 },
  )
  return work
}

const LATE = [expect.objectContaining({ message: 'The store took over 5000 ms' })]

// Clients of Redis keep commands for as long as it is away, unless they are told not to.
describe('a store that does not answer', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  const asked = { ...question, stream: true }
  const headers = { 'idempotency-key': 'k' }

  it.each(['create', 'append', 'close'] as const)(
    'keeps neither the answer nor the place of a visitor, at `%s`',
    async step => {
      const uses = vi.fn()
      const { handle, errors } = relayOf({
        streams: streamStore({ ...memoryStreams(), [step]: never }),
        limits: { concurrent: 1 },
        onUse: uses,
      })
      const response = await inTheEnd(handle(visit(asked, { headers })))
      expect(response.headers.get('x-relay-resumable')).toBe(step === 'create' ? '0' : '1')
      expect(await inTheEnd(response.text())).toContain('[DONE]')
      await inTheEnd(vi.waitFor(() => expect(uses).toHaveBeenCalledOnce()))
      expect(uses.mock.calls[0]![0]).toMatchObject({ outcome: 'complete' })
      expect(errors).toEqual(LATE)
      expect((await handle(visit(question))).status).toBe(200)
      expect(vi.getTimerCount()).toBe(0)
    },
  )

  it.each(['hold', 'add'] as const)('counts nothing, so nothing is asked: `%s`', async step => {
    const { handle, errors, service } = relayOf({
      quota: quotaStore({ ...memoryQuota(), [step]: never }),
      limits: { concurrent: 1, requestsPerMinute: 5 },
    })
    expect(await errorOf(await inTheEnd(handle(visit(question))))).toMatchObject({ status: 500 })
    expect(errors).toEqual(LATE)
    expect(service.requests).toHaveLength(0)
  })

  it('does not hold an answer back that it cannot settle', async () => {
    const { handle, errors } = relayOf({
      quota: quotaStore({ ...memoryQuota(), release: never }),
      limits: { concurrent: 1 },
    })
    expect((await inTheEnd(handle(visit(question)))).status).toBe(200)
    expect(errors).toEqual(LATE)
  })

  it('is a Redis that is away, for a reader too', async () => {
    const streams = redisStreams({ call: never })
    expect(await inTheEnd(failureOf(streams.read('a', 0)))).toMatchObject(LATE[0])
  })
})
