import { describe, expect, it } from 'vitest'
import {
  type Client,
  collectText,
  createChatCompletion,
  createClient,
  streamChatCompletion,
} from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/fake-fetch.ts'
import { chatRequest, failureOf } from './harness.ts'

/** A client of a service that wants this key. */
function clientWith(apiKey: string): { client: Client; fetch: ReturnType<typeof createFakeFetch> } {
  const fetch = createFakeFetch({ apiKey: 'sk-mine' })
  return { client: createClient({ fetch, apiKey, allowBrowserKey: true }), fetch }
}

describe('a newcomer’s slip that does no harm', () => {
  it('is a line break behind a key, as files and secrets have it', async () => {
    const { client } = clientWith('sk-mine\r\n')
    expect((await createChatCompletion(client, chatRequest)).choices).toHaveLength(1)
  })

  it('is to wait for a stream', async () => {
    const { client } = clientWith('sk-mine')
    expect(await collectText(await streamChatCompletion(client, chatRequest))).not.toBe('')
  })

  it('is a name of the wire, or of a newer service', async () => {
    const { client, fetch } = clientWith('sk-mine')
    await createChatCompletion(client, { ...chatRequest, max_completion_tokens: 50 })
    expect(fetch.requests[0]?.body).toMatchObject({ max_completion_tokens: 50 })
  })
})

describe('a newcomer’s slip that the service tells of', () => {
  it.each([
    [{ messages: 'Hi' }, 'messages'],
    [{ model: 'gpt-imaginary' }, 'gpt-imaginary'],
  ])('keeps the words of the service, and says where: %j', async (changes, word) => {
    const { client } = clientWith('sk-mine')
    const error = await failureOf(createChatCompletion(client, { ...chatRequest, ...(changes as object) }))
    expect(error.message).toMatch(/^POST api\.openai\.com\/v1\/chat\/completions: 40\d /)
    expect(error.message).toContain(word)
  })
})
