import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { cache, createChatCompletion, createClient, isLLMError, timeout } from '../../src/index.ts'
import { chatRequest, counted, failureOf } from '../client/harness.ts'
import { type FaultServer, faultNames, limitsFor, startFaultServer } from '../support/fault-server.ts'

const KEY = 'sk-fault-Zq8vT3nW5x'
const secrets = new RegExp(`${KEY}|Say hello`)

describe('the cache, before a service that breaks HTTP', () => {
  let server: FaultServer
  beforeAll(async () => {
    server = await startFaultServer()
  })
  afterAll(() => server.close())

  it.each(faultNames)('%s: fails as without it, keeps nothing, tells nothing', async fault => {
    const limits = limitsFor(fault)
    const store = { getItem: vi.fn(), setItem: vi.fn(), removeItem: vi.fn() }
    const onError = vi.fn()
    const connect = (policies = [timeout(limits)]) =>
      createClient({ baseUrl: server.at(fault), apiKey: KEY, policies })
    const { controller, listeners } = counted()
    const plain = await failureOf(createChatCompletion(connect(), chatRequest))
    const client = connect([cache({ store, onError }), timeout(limits)])
    const errors = await Promise.all(
      [1, 2].map(() => failureOf(createChatCompletion(client, chatRequest, controller))),
    )
    for (const error of errors) {
      expect([isLLMError(error), error.name, error.phase]).toEqual([true, plain.name, plain.phase])
      expect(`${error.stack}${JSON.stringify(error)}`).not.toMatch(secrets)
    }
    expect([store.setItem.mock.calls, onError.mock.calls, listeners()]).toEqual([[], [], 0])
    expect(JSON.stringify(store.getItem.mock.calls)).not.toMatch(secrets)
    await vi.waitFor(() => expect(server.open).toBe(0), { timeout: 20_000, interval: 5 })
  })
})
