import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ChatCompletionRequest,
  createChatCompletion,
  PermissionError,
  ValidationError,
} from '../../src/index.ts'
import { failureOf } from '../client/harness.ts'
import { bodyOf } from '../support/frames.ts'
import { APP, CHAT, canForge, errorOf, fetchOf, pageClient, question, relayOf, visit } from './harness.ts'

const responses = `${APP}/v1/responses`

describe('a relay lets through', () => {
  it.each([
    ['no number', {}, { max_tokens: 50 }],
    ['a smaller one', { max_tokens: 7 }, { max_tokens: 7 }],
    ['a larger one', { max_tokens: 5000 }, { max_tokens: 50 }],
    ['null', { max_tokens: null }, { max_tokens: 50 }],
    ['the newer name', { max_completion_tokens: 5000 }, { max_tokens: 50 }],
    ['both names', { max_tokens: 60, max_completion_tokens: 9 }, { max_tokens: 9 }],
    ['a name of another operation', { max_output_tokens: 1 }, { max_tokens: 1 }],
  ])('no more tokens than its limit: %s', async (_, given, sent) => {
    const { handle, service } = relayOf({ limits: { maxTokens: 50 } })
    await handle(visit({ ...question, ...given }))
    expect(service.requests[0]!.body).toEqual({ ...question, ...sent })
  })

  it('no more tokens under the name that the service knows', async () => {
    const sent: string[] = []
    const fetch = async (_: string, { body }: RequestInit) => {
      sent.push(...Object.keys(JSON.parse(body as string)).filter(name => name.startsWith('max_')))
      return Response.json({})
    }
    for (const baseUrl of [
      'https://api.openai.com/v1',
      'https://x.openai.azure.com/v1',
      'https://api.groq.com/v1',
    ])
      await relayOf({ fetch, baseUrl }).handle(visit())
    // A gateway before OpenAI.
    await relayOf({ fetch, tokenField: 'max_completion_tokens' }).handle(
      visit({ ...question, max_tokens: 5 }),
    )
    const paths = ['/completions', '/embeddings']
    for (const path of paths)
      await relayOf({ fetch, paths }).handle(
        visit({ ...question, max_completion_tokens: 5 }, { url: `${APP}/v1${path}` }),
      )
    await relayOf({ fetch }).handle(visit({ model: 'fake-small', input: 'Hi' }, { url: responses }))
    expect(sent).toEqual([
      'max_completion_tokens',
      'max_completion_tokens',
      'max_tokens',
      'max_completion_tokens',
      'max_tokens',
      'max_output_tokens',
    ])
  })

  it('what each user may have', async () => {
    const { handle, service } = relayOf({ limits: ({ id }) => ({ maxTokens: id === 'anna' ? 10 : 20 }) })
    for (const user of ['anna', 'bob']) await handle(visit(question, { user }))
    expect(service.requests.map(({ body }) => (body as { max_tokens: number }).max_tokens)).toEqual([10, 20])
  })

  it('members that it does not know, unless it is strict', async () => {
    const { handle, service } = relayOf()
    await handle(visit({ ...question, min_p: 0.1, chat_template_kwargs: { enableThinking: false } }))
    expect(service.requests[0]!.body).toMatchObject({
      min_p: 0.1,
      chat_template_kwargs: { enableThinking: false },
    })
    const strict = relayOf({ strictBody: ['model', 'messages'] })
    expect((await strict.handle(visit())).status).toBe(200)
    expect(await errorOf(await strict.handle(visit({ ...question, min_p: 0.1 })))).toMatchObject({
      status: 400,
      param: 'min_p',
    })
  })

  it('tools that it allows', async () => {
    const weather = {
      type: 'function',
      function: {
        name: 'weather',
        parameters: { type: 'object', properties: { file_id: { type: 'string' } } },
      },
    }
    const search = { type: 'web_search' }
    const ask = async (tools: unknown, allowed: boolean | string[] | undefined, url = CHAT) => {
      const { handle } = relayOf({ limits: { tools: allowed }, fetch: async () => Response.json({}) })
      return (await handle(visit({ ...question, tools }, { url }))).status
    }
    expect(await ask([weather], undefined)).toBe(400)
    expect(await ask([weather], true)).toBe(200)
    expect(await ask([weather, search], true)).toBe(400)
    expect(await ask([weather], ['weather'])).toBe(200)
    expect(await ask([weather], ['other'])).toBe(400)
    expect(await ask([search], ['web_search'])).toBe(200)
    // One that the service runs is not let in by a name.
    expect(await ask([{ type: 'mcp', name: 'weather', server_url: 'http://10.0.0.1' }], ['weather'])).toBe(
      400,
    )
    expect(await ask([{ type: 'function', name: 'weather' }], ['weather'], responses)).toBe(200)
    expect(await ask([{ type: 'function', Type: 'mcp', name: 'weather' }], true)).toBe(400)
    // Nor is another function, by a name that the service does not read.
    expect(await ask([{ ...weather, name: 'other' }], ['other'])).toBe(400)
    expect(await ask([{ type: 'custom', name: 'other', custom: { name: 'weather' } }], ['other'])).toBe(400)
    expect(await ask([{ type: 'custom', custom: { name: 'weather' } }], ['weather'])).toBe(200)
    expect(await ask([{ type: 'function', function: { name: 'other', Name: 'weather' } }], ['other'])).toBe(
      400,
    )
    expect(await ask('all', true)).toBe(400)
    expect(await ask([null], true)).toBe(400)
    expect(await ask(null, false)).toBe(200)
  })
})

describe('a relay refuses', () => {
  it.each([
    ['another model', { model: 'fake-large' }],
    ['no model', { model: undefined }],
    ['a list for a model', { model: ['fake-small'] }],
    ['one that is inherited', { model: 'constructor' }],
    ['another one to fall back to', { models: ['fake-small', 'fake-large'] }],
    ['one to fall back to that is no text', { models: { a: 1 } }],
  ])('%s', async (_, given) => {
    const { handle, service } = relayOf()
    const { status, code } = await errorOf(await handle(visit({ ...question, ...given })))
    expect([status, code]).toEqual([403, 'model_not_allowed'])
    expect(service.requests).toHaveLength(0)
  })

  it.each([
    ['n', { n: 2 }],
    ['n', { n: 0 }],
    ['n', { n: '1' }],
    ['n', { n: 1e99 }],
    ['max_tokens', { max_tokens: -1 }],
    ['max_tokens', { max_tokens: '9999' }],
    ['max_tokens', { max_tokens: 0.5 }],
    ['max_completion_tokens', { max_completion_tokens: [9] }],
    ['stream', { stream: 'yes' }],
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: 'conv_1' }],
    ['background', { background: true }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    ['service_tier', { service_tier: 'priority' }],
    ['web_search_options', { web_search_options: {} }],
    ['plugins', { plugins: [{ id: 'web' }] }],
    ['functions', { functions: [] }],
    ['api_base', { api_base: 'http://169.254.169.254' }],
    ['base_url', { base_url: 'http://evil.test' }],
    ['fallbacks', { fallbacks: ['fake-large'] }],
    ['context_window_fallbacks', { context_window_fallbacks: [{ 'fake-small': ['fake-large'] }] }],
    ['user_config', { user_config: { model_list: [] } }],
    ['preset', { preset: 'large' }],
    ['aws_bedrock_runtime_endpoint', { aws_bedrock_runtime_endpoint: 'http://evil.test' }],
    ['vertex_credentials', { vertex_credentials: '/etc/passwd' }],
    ['custom_logit_processor', { custom_logit_processor: 'code' }],
    ['chat_template', { chat_template: '{{ messages[1] }}' }],
    ['file_id', { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }] }],
    ['type', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
    // The type may be left out.
    ['input', { input: [{ id: 'msg_1' }] }],
    ['input', { input: ['Hi', { id: 'msg_1', type: null }] }],
    // A service written in Go takes the last of these, whatever its case.
    ['Model', { Model: 'fake-large' }],
    ['MAX_TOKENS', { MAX_TOKENS: 1e6 }],
    ['\u{17f}tream', { '\u{17f}tream': true }],
  ])('%s in %j', async (param, given) => {
    const { handle, service } = relayOf()
    const error = await errorOf(await handle(visit({ ...question, ...given })))
    expect(error).toMatchObject({ status: 400, param, type: 'invalid_request_error' })
    expect(service.requests).toHaveLength(0)
  })

  it('none of these where the owner allows it', async () => {
    const allow = ['service_tier', 'file_id', 'topP', 'item_reference', 'user_config']
    const { handle, service } = relayOf({ limits: { allow }, fetch: async () => Response.json({}) })
    const file = { type: 'file', file: { file_id: 'file-1' } }
    const given = {
      ...question,
      service_tier: 'flex',
      topP: 1,
      input: [{ id: 'msg_1' }],
      user_config: {},
      messages: [{ role: 'user', content: [file] }],
    }
    expect((await handle(visit(given))).status).toBe(200)
    expect(service.requests).toHaveLength(0)
  })

  it('more bytes than its limit, by their number and by what is said of it', async () => {
    const { handle, service } = relayOf({ limits: { maxBodyBytes: 300 } })
    const long = { ...question, messages: [{ role: 'user', content: 'é'.repeat(200) }] }
    expect(await errorOf(await handle(visit(long)))).toMatchObject({ status: 413, code: 'body_too_large' })
    const seen = bodyOf(Array.from({ length: 1000 }, () => new Uint8Array(100).fill(32)))
    const headers = { authorization: 'Bearer user-anna' }
    const endless = new Request(CHAT, {
      method: 'POST',
      body: seen.body,
      headers,
      duplex: 'half',
    } as RequestInit)
    expect((await handle(endless)).status).toBe(413)
    expect(seen.pulls).toBeLessThan(10)
    expect(service.requests).toHaveLength(0)
  })

  // A page's `Request` has no such header, and needs none.
  it.runIf(canForge)('more bytes than its limit, by what is said of them', async () => {
    const { handle, service } = relayOf({ limits: { maxBodyBytes: 300 } })
    const headers = { 'content-length': '99999999' }
    expect((await handle(visit(question, { headers }))).status).toBe(413)
    expect(service.requests).toHaveLength(0)
  })

  it.each([
    ['nothing', ''],
    ['half of it', '{"model":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"a"'],
    ['100,000 levels', `{"model":"fake-small","a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['65 levels', `{"model":"fake-small","a":${'{"a":'.repeat(65)}1${'}'.repeat(66)}`],
  ])('a body of %s', async (_, body) => {
    const { handle, service } = relayOf()
    expect(await errorOf(await handle(visit(body)))).toMatchObject({ status: 400, code: 'bad_json' })
    expect(service.requests).toHaveLength(0)
  })

  it.each([
    ['GET', CHAT, 405],
    ['PUT', CHAT, 405],
    ['DELETE', CHAT, 405],
    ['POST', `${APP}/v1/models`, 405],
    ['POST', `${APP}/v1/files`, 404],
    ['POST', `${APP}/v1/chat/completions/..%2f..%2ffiles`, 404],
    ['POST', `${APP}/v1/chat/completions/`, 404],
    ['POST', `${APP}/v1/chat%2Fcompletions`, 404],
    ['POST', `${APP}/v1/chat/completions/../../admin`, 404],
    ['POST', `${APP}/v1/xchat/completions`, 404],
  ])('%s %s', async (method, url, status) => {
    const { handle, service } = relayOf()
    expect((await handle(visit(question, { method, url }))).status).toBe(status)
    expect(service.requests).toHaveLength(0)
  })

  it('no path that it was told of, and asks the service for that path alone', async () => {
    const { handle, service } = relayOf({ paths: ['/chat/completions', '/completions'] })
    await handle(
      visit(question, { url: 'https://app.test/a/..;/b//chat/completions?api-version=evil&x=/../y' }),
    )
    expect(service.requests[0]!.url).toBe('https://api.test/v1/chat/completions')
    expect((await handle(visit(question, { url: `${APP}/v1/embeddings` }))).status).toBe(404)
  })

  it('in classes that the client knows', async () => {
    const { handle } = relayOf()
    const ask = (given: object) =>
      failureOf(createChatCompletion(pageClient(handle), { ...question, ...given } as ChatCompletionRequest))
    expect(await ask({ model: 'other' })).toBeInstanceOf(PermissionError)
    const error = await ask({ n: 3 })
    expect(error).toBeInstanceOf(ValidationError)
    expect(error.issues).toEqual([{ path: 'n', message: 'n: must be at most 1' }])
    expect(fetchOf(handle)).toBeTypeOf('function')
  })

  it('whatever JSON comes, without an error of its own', async () => {
    const { handle, errors, service } = relayOf({ fetch: async () => Response.json({}) })
    const members = fc.constantFrom(
      'model',
      'models',
      'n',
      'tools',
      'stream',
      'max_tokens',
      'messages',
      'stream_options',
      '__proto__',
    )
    const body = fc.dictionary(members, fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant('fake-small')))
    await fc.assert(
      fc.asyncProperty(body, async given => {
        const { status } = await handle(visit(given))
        expect([200, 400, 403]).toContain(status)
      }),
      { numRuns: 300 },
    )
    expect([errors, service.requests]).toEqual([[], []])
  })
})
