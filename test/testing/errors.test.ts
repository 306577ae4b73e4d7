import { describe, expect, it } from 'vitest'
import { createFakeFetch, type FakeModelOptions } from '../../src/testing/index.ts'
import { chatBody, type Json, post, URL_BASE } from './support.ts'

async function error(path: string, init?: RequestInit, options?: FakeModelOptions): Promise<Json> {
  const response = await createFakeFetch(options)(`${URL_BASE}${path}`, init)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(response.headers.get('x-request-id')).toBe('req_fake_1')
  const { error: body, ...rest } = (await response.json()) as Json
  expect(rest).toEqual({})
  expect(Object.keys(body)).toEqual(['message', 'type', 'param', 'code'])
  return { status: response.status, ...body }
}

const user = { role: 'user', content: 'Hi' }
const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }
const calling = { role: 'assistant', content: null, tool_calls: [call] }
const tools = [{ type: 'function', function: { name: 'f' } }]

describe('refused requests', () => {
  const cases: [what: string, change: Record<string, unknown>, param: string][] = [
    ['no model', { model: undefined }, 'model'],
    ['no messages', { messages: undefined }, 'messages'],
    ['empty messages', { messages: [] }, 'messages'],
    ['messages that are no list', { messages: 'Hi' }, 'messages'],
    ['a message without role', { messages: [user, { content: 'Hi' }] }, 'messages[1].role'],
    ['an unknown role', { messages: [{ role: 'robot', content: 'Hi' }] }, 'messages[0].role'],
    ['a user message without content', { messages: [{ role: 'user' }] }, 'messages[0].content'],
    ['a null content', { messages: [{ role: 'user', content: null }] }, 'messages[0].content'],
    ['an assistant that says nothing', { messages: [user, { role: 'assistant' }] }, 'messages[1].content'],
    ['a part without type', { messages: [{ role: 'user', content: [{}] }] }, 'messages[0].content[0].type'],
    [
      'a result without id',
      { messages: [user, calling, { role: 'tool', content: '' }] },
      'messages[2].tool_call_id',
    ],
    [
      'a result nobody asked for',
      { messages: [user, calling, { role: 'tool', content: '', tool_call_id: 'call_2' }] },
      'messages[2].tool_call_id',
    ],
    ['temperature', { temperature: 2.1 }, 'temperature'],
    ['a temperature in words', { temperature: 'hot' }, 'temperature'],
    ['top_p', { top_p: -0.1 }, 'top_p'],
    ['n of 0', { n: 0 }, 'n'],
    ['n of 129', { n: 129 }, 'n'],
    ['n of 1.5', { n: 1.5 }, 'n'],
    ['max_tokens', { max_tokens: 0 }, 'max_tokens'],
    ['max_completion_tokens', { max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    ['stop', { stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'],
    ['frequency_penalty', { frequency_penalty: -2.5 }, 'frequency_penalty'],
    ['presence_penalty', { presence_penalty: 2.5 }, 'presence_penalty'],
    ['logprobs of 1', { logprobs: 1 }, 'logprobs'],
    ['top_logprobs without logprobs', { top_logprobs: 2 }, 'top_logprobs'],
    ['21 top_logprobs', { logprobs: true, top_logprobs: 21 }, 'top_logprobs'],
    ['a name that is not the wire’s', { maxTokens: 5 }, 'maxTokens'],
    ['tool_choice without tools', { tool_choice: 'auto' }, 'tool_choice'],
    [
      'tool_choice of an unknown tool',
      { tools, tool_choice: { type: 'function', function: { name: 'g' } } },
      'tool_choice',
    ],
    ['no tools', { tools: [] }, 'tools'],
    ['a nameless tool', { tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    ['stream_options without stream', { stream_options: { include_usage: true } }, 'stream_options'],
    ['an unknown format', { response_format: { type: 'xml' } }, 'response_format.type'],
    ['a JSON object that no message asks for', { response_format: { type: 'json_object' } }, 'messages'],
    [
      'a schema of no object',
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'array' } } } },
      'response_format',
    ],
    ['json_schema without one', { response_format: { type: 'json_schema' } }, 'response_format.json_schema'],
    [
      'json_schema without a name',
      { response_format: { type: 'json_schema', json_schema: { schema: {} } } },
      'response_format.json_schema.name',
    ],
    [
      'json_schema without a schema',
      { response_format: { type: 'json_schema', json_schema: { name: 'x' } } },
      'response_format.json_schema.schema',
    ],
  ]
  it.each(cases)('%s', async (_, change, param) => {
    const refusal = await error('/chat/completions', post(chatBody('Hi', change)))
    expect(refusal).toMatchObject({ status: 400, type: 'invalid_request_error', param })
  })

  it('says what the service says of an unknown camelCase name', async () => {
    const { message } = await error('/chat/completions', post(chatBody('Hi', { maxTokens: 5 })))
    expect(message).toBe('Unrecognized request argument supplied: maxTokens')
  })

  it('a body that is not JSON', async () => {
    const init = { method: 'POST', body: '{' }
    expect(await error('/chat/completions', init)).toMatchObject({ status: 400, code: 'invalid_json' })
  })
})

describe('accepted requests', () => {
  it.each([
    ['unknown snake_case names', { top_k: 5, vendor_option: { deepKey: 1 } }],
    ['nulls for what is optional', { temperature: null, stop: null, n: null, tools: null, stream: null }],
    ['the limits themselves', { temperature: 2, top_p: 0, stop: ['a', 'b', 'c', 'd'], presence_penalty: -2 }],
    [
      'a call and its result',
      { messages: [user, calling, { role: 'tool', tool_call_id: 'call_1', content: 'ok' }] },
    ],
    ['a developer message', { messages: [{ role: 'developer', content: 'Be terse.' }, user] }],
  ])('%s', async (_, change) => {
    const response = await createFakeFetch()(`${URL_BASE}/chat/completions`, post(chatBody('Hi', change)))
    expect(response.status).toBe(200)
  })
})

describe('keys, models and paths', () => {
  it('wants its key, and repeats a wrong one only masked', async () => {
    const options = { apiKey: 'sk-right' }
    const wrong = { headers: { authorization: 'Bearer sk-abcdefghijklmnopqrstuvwxyz' } }
    const refusal = await error('/models', wrong, options)
    expect(refusal).toMatchObject({ status: 401, type: 'invalid_request_error', code: 'invalid_api_key' })
    expect(refusal.message).toContain('Incorrect API key provided: sk-ab***yz')
    expect(await error('/models', {}, options)).toMatchObject({ status: 401, code: 'invalid_api_key' })
    const right = { headers: { authorization: 'Bearer sk-right' } }
    expect((await createFakeFetch(options)(`${URL_BASE}/models`, right)).status).toBe(200)
  })

  it('does not know other models', async () => {
    const missing = { status: 404, param: 'model', code: 'model_not_found' }
    expect(await error('/chat/completions', post(chatBody('Hi', { model: 'gpt-x' })))).toMatchObject(missing)
    expect(await error('/models/gpt-x')).toMatchObject(missing)
    expect(await error('/models/%E0%A4%A')).toMatchObject(missing)
  })

  it('finds a model by its encoded id, under any prefix', async () => {
    const fetch = createFakeFetch({ models: ['org/model:8b'] })
    const response = await fetch(`https://other.test/api/v3/models/${encodeURIComponent('org/model:8b')}`)
    expect(await response.json()).toMatchObject({
      id: 'org/model:8b',
      object: 'model',
      created: 1_700_000_000,
    })
  })

  it('has no other paths and methods', async () => {
    const unknown = { status: 404, code: 'unknown_url' }
    for (const path of ['/completions', '/foo', '', '/chat', '/chat/completions/', '/chat/completions/x']) {
      expect(await error(path, post(chatBody('Hi')))).toMatchObject(unknown)
    }
    const { message } = await error('/foo', post({}))
    expect(message).toBe('Invalid URL (POST /v1/foo)')
    for (const path of ['/modelsx', '/models/', '/models/a/b']) {
      expect(await error(path)).toMatchObject(unknown)
    }
    expect(await error('/chat/completions')).toMatchObject({ status: 405 })
    expect(await error('/models', { method: 'DELETE' })).toMatchObject({ status: 405 })
  })

  it('is not found behind the path of an operation, as when a base URL ends in one', async () => {
    const send = async (path: string, init?: RequestInit): Promise<number> =>
      (await createFakeFetch()(`https://fake.test${path}`, init)).status
    const chat = post(chatBody('Hi'))
    const embed = post({ model: 'fake-embed', input: 'a' })
    expect(await send('/v1/chat/completions/chat/completions', chat)).toBe(404)
    expect(await send('/chat/completions/v1/chat/completions', chat)).toBe(404)
    expect(await send('/v1/chat/completions/embeddings', embed)).toBe(404)
    expect(await send('/v1/embeddings/embeddings', embed)).toBe(404)
    expect(await send('/v1/chat/completions/models')).toBe(404)
    expect(await send('/v1/models/models')).toBe(404)
    // Base URLs of real services and gateways.
    for (const prefix of [
      '',
      '/',
      '/models',
      '/v1beta/openai',
      '/openai/deployments/chat',
      '/chat/completions-proxy',
    ]) {
      expect(await send(`${prefix}/chat/completions`, chat), prefix).toBe(200)
      expect(await send(`${prefix}/embeddings`, embed), prefix).toBe(200)
    }
    expect(await send('/api/v3/models')).toBe(200)
  })
})
