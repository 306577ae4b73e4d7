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

  it.each<[string, object, object?]>([
    ['B16 tool_calls of null, and no object', { role: 'assistant', content: 'a', tool_calls: null }],
    [
      'B16 a call without a type, arguments of ""',
      { role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: '' } }] },
      { toolCalls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
    ],
    ['B5 thinking', { role: 'assistant', content: '', reasoning_content: 'Hm', reasoning: null }],
    ['B4 content in parts', { role: 'assistant', content: [{ type: 'text', text: 'a' }] }, { content: 'a' }],
  ])('B24 passes on odd counts, and what services answer: %s', async (_, message, seen = {}) => {
    const usage = {
      prompt_tokens: 12,
      completion_tokens: 2,
      total_tokens: 354,
      total_time: 0.25,
      cached_tokens: 7,
    }
    const body = { choices: [{ index: 0, message, finish_reason: 'stop' }], usage, x_vendor: { a_b: 1 } }
    const client = createClient({ baseUrl: 'https://fake.test/v1', fetch: async () => Response.json(body) })
    const answer = await createChatCompletion(client, request)
    expect(answer.choices[0].message).toEqual({ ...camel(message), ...seen })
    expect(answer).toMatchObject({
      usage: { promptTokens: 12, completionTokens: 2, totalTokens: 354, totalTime: 0.25, cachedTokens: 7 },
      xVendor: { aB: 1 },
    })
  })

  it('takes its own answer for the next question', async () => {
    const fetch = createFakeFetch()
    const client = createClient({ baseUrl: 'https://fake.test/v1', fetch })
    const tools = [
      { type: 'function' as const, function: { name: 'look_up', parameters: { type: 'object' } } },
    ]
    const asked = { ...request, tools, toolChoice: 'required' as const }
    const folded = await finalCompletion(streamChatCompletion(client, asked))
    for (const { choices } of [await createChatCompletion(client, asked), folded]) {
      const { message } = choices[0]
      const results = (message.toolCalls ?? []).map(({ id }) => ({
        role: 'tool' as const,
        toolCallId: id,
        content: 'ok',
      }))
      expect(results.length).toBeGreaterThan(0)
      const next = await createChatCompletion(client, {
        ...request,
        tools,
        messages: [...request.messages, message, ...results],
      })
      expect(next.choices[0].finishReason).toBe('stop')
    }
  })
})

/** The names of the first level as the client renames them. */
function camel(message: object): object {
  const rename = (key: string): string => key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(message).map(([key, value]) => [rename(key), value]))
}
