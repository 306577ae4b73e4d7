import { describe, expect, inject, it } from 'vitest'
import { createChatCompletion, createClient, finalCompletion, streamChatCompletion } from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'

const request = { model: 'fake-small', messages: [{ role: 'user' as const, content: 'Say hello to Ada' }] }

describe('createChatCompletion', () => {
  it('asks a real server', async () => {
    const client = createClient({ baseUrl: inject('fakeServer') })
    const { data, status, requestId, attempts } = await createChatCompletion(client, request).withResponse()
    expect(data.choices[0].message.content).toMatch(/\w/)
    expect({ status, attempts }).toEqual({ status: 200, attempts: 1 })
    expect(requestId).toMatch(/^req_fake_/)
    const streamed = await finalCompletion(streamChatCompletion(client, request))
    expect(streamed.choices[0].message.content).toBe(data.choices[0].message.content)
  })
  it('uses the fetch of the configuration', async () => {
    const fetch = createFakeFetch()
    const client = createClient({ baseUrl: 'https://fake.test/v1', apiKey: () => 'k', fetch })
    const answer = await createChatCompletion(client, { ...request, maxTokens: 3 })
    expect(answer.choices[0].finishReason).toBe('length')
    expect(fetch.requests[0]?.body).toMatchObject({ max_tokens: 3 })
  })
})
