import { describe, expect, it, vi } from 'vitest'
import {
  ConfigurationError,
  cache,
  circuitBreaker,
  fallback,
  LLMClient,
  log,
  metrics,
  type Policy,
  retry,
} from '../../src/index.ts'
import { interceptors } from '../../src/interceptors/index.ts'
import { BASE, chatRequest, completion, failureOf, json } from '../client/harness.ts'

const client = (config: object) =>
  new LLMClient({ baseUrl: BASE, fetch: async () => json(completion), ...config })

describe('a policy that was not made', () => {
  it.each(Object.entries({ cache, log, metrics, interceptors, fallback }))(
    'is refused in its slot: %s',
    async (slot, maker) => {
      const error = await failureOf(() => client({ [slot]: maker }))
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error.message).toContain(slot)
    },
  )

  it.each([retry, circuitBreaker, cache, log])('is refused in a list: %o', async maker => {
    const error = await failureOf(() => client({ policies: [maker] }))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toBe(`${maker.name} is not called: ${maker.name}()`)
  })

  it('is refused in the place of the list', async () => {
    for (const policies of [retry(), retry, {}]) {
      const error = await failureOf(() => client({ policies }))
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error.message).toBe('policies takes a list of policies: [retry()]')
    }
  })

  it('is none where the caller has written it, and that is called once', async () => {
    const own = vi.fn<Policy>(next => next)
    const made = client({ policies: [own, retry()], log: (next => next) as Policy })
    expect(await made.chat.completions.create(chatRequest)).toMatchObject({ id: 'chatcmpl-1' })
    expect(own).toHaveBeenCalledOnce()
  })
})
