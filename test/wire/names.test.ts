import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createChatCompletion, ValidationError } from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import {
  camelCase,
  fromWire,
  isMap,
  isSchema,
  type Json,
  remembered,
  snakeCase,
  toWire,
} from '../../src/wire/names.ts'
import { clientOf, completion, failureOf } from '../client/harness.ts'
import api from '../fixtures/wire-maps.json'

describe('a name', () => {
  it('is remembered, unless it is long: an answer that is over would be held', () => {
    const lengths: number[] = []
    const measure = remembered(name => lengths.push(name.length))
    for (const name of ['max_tokens', 'x'.repeat(1e5), 'max_tokens', 'x'.repeat(1e5)]) measure(name)
    expect(lengths).toEqual([10, 1e5, 1e5])
  })

  it.each([
    ['maxTokens', 'max_tokens'],
    ['maxCompletionTokens', 'max_completion_tokens'],
    ['topP', 'top_p'],
    ['imageUrl', 'image_url'],
    ['n', 'n'],
    ['model', 'model'],
    ['x9Groq', 'x9_groq'],
    ['completionTokensDetails', 'completion_tokens_details'],
  ])('goes over the wire and comes back: %s ⇄ %s', (camel, snake) => {
    expect(snakeCase(camel)).toBe(snake)
    expect(camelCase(snake)).toBe(camel)
  })

  it.each([
    'max_tokens',
    'A-b',
    'userID',
    'x9Y_Z',
    'HTTPServer',
    'aBC',
    'Model',
    'snake_Case',
    '',
    '_',
    '__proto__',
    'constructor',
    'aB c',
    'größeX',
    '1aB',
    '$aB',
  ])('stays on its way out where it is not of the form aB: %s', name => {
    expect(snakeCase(name)).toBe(name)
  })

  it.each([
    'maxTokens',
    'a__b',
    'x_1',
    'a_b_c',
    '_a',
    'a_',
    'A_b',
    'a_B',
    'a-b',
    'harassment/threatening',
    '__proto__',
    '',
    '_',
    'a b_c',
  ])('stays on its way in where it has no way back: %s', name => {
    expect(camelCase(name)).toBe(name)
  })

  it('is mapped in time that grows with its length and no faster', { retry: 2 }, () => {
    let round = 0
    const time = (count: number): number => {
      // What has been mapped before is remembered.
      const fresh = `!${round++}`
      const started = performance.now()
      for (const piece of ['a', 'aB', 'a_b', 'A', '_', 'ab_'])
        for (const end of [`a${round}`, fresh]) {
          snakeCase(piece.repeat(count) + end)
          camelCase(piece.repeat(count) + end)
        }
      return performance.now() - started
    }
    time(5000)
    const ratios = [1, 2, 3, 4, 5].map(() => time(80_000) / time(20_000)).sort((a, b) => a - b)
    expect(ratios[2]).toBeLessThan(10)
  })
})

describe("the API's own names", () => {
  it.each(api.names)('%s survives both ways', name => {
    expect(camelCase(name)).not.toContain('_')
    expect(snakeCase(camelCase(name))).toBe(name)
    expect(snakeCase(name)).toBe(name)
  })

  /** Maps of the description that are renamed all the same. */
  const renamed: Record<string, string> = {
    categories: 'the names of a moderation are the service’s own',
    category_scores: 'as categories',
    category_applied_input_types: 'as categories',
    tools: 'the list in allowed_tools holds tools, whose names are the API’s',
  }

  /** What is no map in the description, and is left alone all the same. */
  const kept: Record<string, string> = {
    arguments: 'a text in the description; some services send an object, whose names are the model’s',
    json_schema:
      'some services take the schema itself under this name; the API’s own members have one word each',
  }

  it('leave the maps of the user alone, and no others', () => {
    const verbatim = api.maps.filter(name => !(name in renamed))
    expect(verbatim).toEqual(['logit_bias', 'metadata', 'parameters', 'schema'])
    for (const name of verbatim)
      for (const spelling of [name, camelCase(name)]) expect(isMap(spelling, undefined)).toBe(true)
    for (const name of api.names)
      expect([name, isMap(name, undefined)]).toEqual([name, verbatim.includes(name) || name in kept])
    for (const name of Object.keys(renamed)) expect(api.maps).toContain(name)
  })
})

describe('toWire', () => {
  it('renames at every depth, and leaves values alone', () => {
    const request = {
      maxTokens: 1,
      streamOptions: { includeUsage: true },
      messages: [{ role: 'user', content: [{ type: 'image_url', imageUrl: { url: 'aB', someText: 'cD' } }] }],
      vendorThing: [[{ deepInside: null }]],
    }
    const copy = structuredClone(request)
    expect(toWire(request)).toEqual({
      max_tokens: 1,
      stream_options: { include_usage: true },
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'aB', some_text: 'cD' } }] },
      ],
      vendor_thing: [[{ deep_inside: null }]],
    })
    expect(request).toEqual(copy)
  })

  it("does not touch the user's maps, in either spelling", () => {
    const user = { aB: { cD: [{ eF: 1 }] }, g_h: 2 }
    for (const name of ['metadata', 'logitBias', 'logit_bias', 'parameters', 'schema']) {
      const wire = toWire({ outerName: { [name]: user } })
      expect(wire).toEqual({ outer_name: { [snakeCase(name)]: user } })
    }
    const tool = {
      type: 'function',
      function: { name: 'f', parameters: { properties: { firstName: { anyOf: [] } } } },
    }
    expect(toWire({ tools: [tool] })).toEqual({ tools: [tool] })
    const format = { type: 'json_schema', jsonSchema: { name: 'n', schema: { properties: { aB: {} } } } }
    expect(toWire({ responseFormat: format })).toEqual({
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'n', schema: { properties: { aB: {} } } },
      },
    })
  })

  const schema = {
    type: 'object',
    properties: { firstName: { type: 'string' }, last_name: { oneOf: [{ $ref: '#/$defs/aB' }] } },
    required: ['firstName'],
    additionalProperties: false,
  }

  it.each([
    ['guided_json (vLLM)', { guided_json: schema }],
    ['structured_outputs.json (vLLM)', { structured_outputs: { json: schema } }],
    ['json_schema (llama.cpp)', { json_schema: schema }],
    ['format (Ollama)', { format: schema }],
    ['input_schema of a tool', { tools: [{ name: 'f', input_schema: schema }] }],
    ['a list of alternatives', { format: { type: 'object', anyOf: [{ minLength: 1 }] } }],
    ['definitions alone', { format: { $defs: { aB: {} }, allOf: [{ someThing: 1 }] } }],
    ['a list of objects', { format: { type: 'array', items: { maxItems: 2 } } }],
  ])('does not touch a schema, under whichever name a vendor takes one: %s', (_, request) => {
    expect(toWire(request)).toEqual(request)
    expect(toWire(fromWire(structuredClone(request)))).toEqual(request)
  })

  it('does not touch the variables of templates, prompts and tools', () => {
    const user = { customFlag: 1, a_b: { cD: 2 } }
    expect(
      toWire({
        chatTemplateKwargs: user,
        prompt: { variables: user },
        tools: [{ headers: user, env: user }],
      }),
    ).toEqual({
      chat_template_kwargs: user,
      prompt: { variables: user },
      tools: [{ headers: user, env: user }],
    })
    expect(toWire({ chat_template_kwargs: user })).toEqual({ chat_template_kwargs: user })
  })

  it('does not touch what the operation names, in the spelling that it names', () => {
    const user = { aB: { c_d: 1 } }
    expect(toWire({ item: user, other: user }, true, ['item'])).toEqual({
      item: user,
      other: { a_b: { c_d: 1 } },
    })
    expect(fromWire({ item: { a_b: 1 }, other: { a_b: 1 } }, ['item'])).toEqual({
      item: { a_b: 1 },
      other: { aB: 1 },
    })
  })

  it('refuses binary data that would be a list of numbers (a Buffer’s toJSON)', async () => {
    class Bytes extends Uint8Array {
      toJSON(): object {
        return { type: 'Buffer', data: [...this] }
      }
    }
    const content = [{ type: 'input_audio', inputAudio: { data: new Bytes(4), format: 'wav' } }]
    const error = await failureOf(() => toWire({ messages: [{ role: 'user', content }] }))
    expect(error.issues).toMatchObject([{ path: 'messages[0].content[0].inputAudio.data' }])
  })

  it('renames nothing where it is told so', () => {
    expect(toWire({ aB: [{ cD: 1 }] }, false)).toEqual({ aB: [{ cD: 1 }] })
  })

  it('refuses both spellings of one name, and names them', async () => {
    for (const request of [
      { maxTokens: 1, max_tokens: 2 },
      { max_tokens: 2, maxTokens: 1 },
      { max_tokens: null, maxTokens: 1 },
    ]) {
      const error = await failureOf(() => toWire(request))
      expect(error).toBeInstanceOf(ValidationError)
      expect(error.message).toMatch(/^maxTokens .*max_tokens/)
      expect(error.issues).toMatchObject([{ path: 'maxTokens' }])
    }
    const deep = await failureOf(() => toWire({ messages: [{ toolCallId: 'a', tool_call_id: 'a' }] }))
    expect(deep.issues).toMatchObject([{ path: 'messages[0].toolCallId' }])
  })

  it('takes one spelling beside an undefined of the other', () => {
    expect(toWire({ maxTokens: 1, max_tokens: undefined })).toEqual({ max_tokens: 1 })
    expect(toWire({ maxTokens: undefined, max_tokens: 1 })).toEqual({ max_tokens: 1 })
  })

  it('takes both spellings where nothing is renamed', () => {
    const both = { aB: 1, a_b: 2 }
    expect(toWire(both, false)).toEqual(both)
    expect(toWire({ metadata: both })).toEqual({ metadata: both })
  })

  it('keeps own keys that look dangerous', () => {
    const request = JSON.parse(
      '{"__proto__":{"aB":1},"constructor":{"cD":2},"toJSON":"x","prototype":3,"valueof":4}',
    )
    const wire = toWire(request)
    expect(JSON.stringify(wire)).toBe(
      '{"__proto__":{"a_b":1},"constructor":{"c_d":2},"toJSON":"x","prototype":3,"valueof":4}',
    )
    expect(Object.getPrototypeOf(wire)).toBe(Object.prototype)
    expect(({} as { aB?: unknown }).aB).toBeUndefined()
  })

  it('takes objects of any kind that are no more than their members', () => {
    class Point {
      xPos = 1
      get yPos(): number {
        return 2
      }
    }
    const bare = Object.assign(Object.create(null), { aB: 1 })
    expect(toWire({ a: new Point(), b: bare, c: Object.freeze({ dE: 1 }) })).toEqual({
      a: { x_pos: 1 },
      b: { a_b: 1 },
      c: { d_e: 1 },
    })
  })

  it('drops undefined members, keeps null, and takes what toJSON gives', () => {
    const date = new Date(0)
    expect(toWire({ a: undefined, b: null, c: date, d: { toJSON: () => ({ eF: 1 }) } })).toEqual({
      b: null,
      c: '1970-01-01T00:00:00.000Z',
      d: { e_f: 1 },
    })
    expect(toWire({ at: new URL('https://a.test/x') })).toEqual({ at: 'https://a.test/x' })
  })

  it('lets one object be in several places', () => {
    const shared = { aB: 1 }
    expect(toWire({ x: shared, y: [shared, shared] })).toEqual({ x: { a_b: 1 }, y: [{ a_b: 1 }, { a_b: 1 }] })
  })

  const circular: { self?: unknown } = {}
  circular.self = circular
  let deep: object = {}
  for (let i = 0; i < 600; i++) deep = { deep }
  // biome-ignore lint/suspicious/noSparseArray: what it is about
  const holes = [1, , 3]

  it.each([
    ['NaN', { a: { b: [Number.NaN] } }, ['a.b[0]']],
    ['Infinity', { a: Number.POSITIVE_INFINITY }, ['a']],
    ['-Infinity', { a: Number.NEGATIVE_INFINITY }, ['a']],
    ['a BigInt', { a: 1n }, ['a']],
    ['a function', { a: () => {} }, ['a']],
    ['a symbol', { a: Symbol('s') }, ['a']],
    ['undefined in a list', { a: [undefined] }, ['a[0]']],
    ['a hole', { a: holes }, ['a[1]']],
    ['a Map', { a: new Map([[1, 2]]) }, ['a']],
    ['a Set', { a: new Set([1]) }, ['a']],
    ['a typed array', { a: new Float32Array(2) }, ['a']],
    ['a buffer', { a: new ArrayBuffer(2) }, ['a']],
    ['a promise', { a: Promise.resolve() }, ['a']],
    ['an error', { a: new Error('m') }, ['a']],
    ['a circle', { a: circular }, ['a.self']],
    ['NaN below a map of the user', { metadata: { aB: Number.NaN } }, ['metadata.aB']],
    ['NaN from toJSON', { a: { toJSON: () => Number.NaN } }, ['a']],
    [
      'several at once',
      { aB: Number.NaN, c_d: [1n, 1, () => {}], e: { f: new Map() } },
      ['aB', 'c_d[0]', 'c_d[2]', 'e.f'],
    ],
  ])('refuses %s, and says where', async (_, request, paths) => {
    const error = await failureOf(() => toWire(request))
    expect(error).toBeInstanceOf(ValidationError)
    expect(error.issues.map(({ path }: { path: string }) => path)).toEqual(paths)
  })

  it.each([
    [undefined, 'The request must be a value of JSON'],
    ['text', 'The request must be an object'],
    [null, 'The request must be an object'],
  ])('says of %j that it is no request, once', async (request, message) => {
    expect((await failureOf(() => toWire(request))).message).toBe(message)
  })

  it('refuses what is too deep, and neither hangs nor overflows', async () => {
    const error = await failureOf(() => toWire({ deep }))
    expect(error).toBeInstanceOf(ValidationError)
    let bottomless: object = {}
    for (let i = 0; i < 200_000; i++) bottomless = [bottomless]
    expect(await failureOf(() => toWire({ a: bottomless }))).toBeInstanceOf(ValidationError)
  })

  it('takes -0 for 0, and lone surrogates as they are', () => {
    expect(JSON.stringify(toWire({ a: -0, b: '\ud800' }))).toBe('{"a":0,"b":"\\ud800"}')
  })

  it.each([
    [
      'a getter',
      {
        a: {
          get b(): never {
            throw new Error('mine')
          },
        },
      },
    ],
    [
      'toJSON',
      {
        a: {
          toJSON(): never {
            throw new Error('mine')
          },
        },
      },
    ],
  ])('says where %s threw, with its error as the cause', async (_, request) => {
    const error = await failureOf(() => toWire(request))
    expect(error).toBeInstanceOf(ValidationError)
    expect(error.cause.message).toBe('mine')
    expect(error.issues[0].path).toMatch(/^a/)
  })
})

describe('fromWire', () => {
  it('renames at every depth, and leaves values alone', () => {
    expect(fromWire({ a_b: [{ c_d: 'e_f', g: null }, [{ h_i: 1 }]], x_groq: { id: 'x_y' } })).toEqual({
      aB: [{ cD: 'e_f', g: null }, [{ hI: 1 }]],
      xGroq: { id: 'x_y' },
    })
    for (const value of [null, 1, 'a_b', true, []]) expect(fromWire(value)).toEqual(value)
  })

  it("does not touch the user's maps", () => {
    const user = { a_b: { c_d: 1 }, eF: 2 }
    expect(fromWire({ metadata: user, parameters: user })).toEqual({ metadata: user, parameters: user })
  })

  it('drops nothing where two names meet', () => {
    expect(fromWire({ a_b: 1, aB: 2 })).toEqual({ a_b: 1, aB: 2 })
    expect(fromWire({ aB: 2, a_b: 1 })).toEqual({ a_b: 1, aB: 2 })
  })

  it('keeps own keys that look dangerous', () => {
    const value = fromWire(JSON.parse('{"__proto__":{"a_b":1},"constructor":{"c_d":2}}')) as object
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
    expect(JSON.stringify(value)).toBe('{"__proto__":{"aB":1},"constructor":{"cD":2}}')
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })
})

describe('a message of an answer', () => {
  it('goes straight into the next request', async () => {
    const message = {
      role: 'assistant',
      content: null,
      refusal: null,
      tool_calls: [
        {
          id: 'c',
          type: 'function',
          function: { name: 'f', arguments: '{"firstName":"A","last_name":"B"}' },
        },
      ],
      reasoning_content: 'because',
      x_vendor: { some_thing: 1 },
      annotations: [{ type: 'url_citation', url_citation: { start_index: 1 } }],
    }
    let sent: unknown
    const client = clientOf(async (_, { body }) => {
      sent = JSON.parse(body as string)
      return new Response(
        JSON.stringify({ ...completion, choices: [{ index: 0, message, finish_reason: 'stop' }] }),
      )
    })
    const messages = [{ role: 'user' as const, content: 'x' }]
    const { choices } = await createChatCompletion(client, { model: 'm', messages })
    expect(choices[0].message).toMatchObject({ reasoningContent: 'because', xVendor: { someThing: 1 } })
    await createChatCompletion(client, { model: 'm', messages: [...messages, choices[0].message] })
    expect(sent).toMatchObject({ messages: [messages[0], message] })
  })

  it('of the fake model is taken by the fake model', async () => {
    const fetch = createFakeFetch()
    const client = clientOf(fetch)
    const request = {
      model: 'fake-small',
      messages: [{ role: 'user' as const, content: 'Weather in Paris?' }],
      tools: [
        {
          type: 'function' as const,
          function: {
            name: 'weather',
            parameters: { type: 'object', properties: { cityName: { type: 'string' } } },
          },
        },
      ],
      toolChoice: 'required' as const,
    }
    const { choices } = await createChatCompletion(client, request)
    const { message } = choices[0]
    const id = message.toolCalls![0]!.id
    await createChatCompletion(client, {
      ...request,
      toolChoice: 'none',
      messages: [...request.messages, message, { role: 'tool', toolCallId: id, content: 'Sunny' }],
    })
    expect(fetch.requests[1]?.body).toMatchObject({
      messages: [{}, { tool_calls: [{ id }] }, { tool_call_id: id }],
    })
  })
})

describe('any request', () => {
  const word = fc.constantFrom('a', 'max', 'tokens', 'top', 'x', 'p', 'usage', 'b2')
  const key = fc.oneof(
    fc.constantFrom(...api.names),
    fc.array(word, { minLength: 1, maxLength: 4 }).map(words => words.join('_')),
    fc.string(),
    fc.constantFrom('__proto__', 'constructor', 'toString', 'aB', 'a_b', 'A', 'aBC', '_a'),
  )
  const value = fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(null, true, false, 0, 1.5),
      fc.string(),
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .array(fc.tuple(key, tie('value')), { maxLength: 5 })
        .map(entries => Object.fromEntries(new Map(entries)) as unknown),
    ),
  })).value
  const object = fc
    .array(fc.tuple(key, value), { maxLength: 6 })
    .map(entries => Object.fromEntries(new Map(entries)) as object)

  /** All that is at the ends of a value, in order, and the shape above it. */
  function leaves(value: unknown): unknown {
    if (!value || typeof value !== 'object') return value
    return Array.isArray(value) ? value.map(leaves) : [null, ...Object.values(value).map(leaves)]
  }
  const copy = (value: object): object => JSON.parse(JSON.stringify(value))

  /** Whether an object that is renamed has a name in both spellings, at any depth. */
  function isTwice(value: unknown): boolean {
    if (!value || typeof value !== 'object') return false
    if (Array.isArray(value)) return value.some(isTwice)
    if (isSchema(value as Json)) return false
    return Object.entries(value).some(
      ([key, child]) =>
        (snakeCase(key) !== key && Object.hasOwn(value, snakeCase(key))) ||
        (!isMap(key, undefined) && isTwice(child)),
    )
  }

  it('is refused where it has both spellings of a name, and nowhere else', () => {
    fc.assert(
      fc.property(object, request => {
        const attempt = () => toWire(request)
        if (isTwice(request)) expect(attempt).toThrow(ValidationError)
        else expect(attempt).not.toThrow()
      }),
    )
  })

  it('loses no value, either way', () => {
    fc.assert(
      fc.property(object, request => {
        if (!isTwice(request)) expect(leaves(copy(toWire(request)))).toEqual(leaves(copy(request)))
        expect(leaves(fromWire(copy(request)))).toEqual(leaves(copy(request)))
      }),
    )
  })

  it('is the same when it is mapped twice', () => {
    fc.assert(
      fc.property(object, request => {
        if (!isTwice(request)) {
          const once = toWire(request)
          expect(toWire(once)).toEqual(once)
        }
        const back = fromWire(copy(request)) as object
        expect(fromWire(copy(back))).toEqual(copy(back))
      }),
    )
  })

  it('in the names of the wire comes back as it was', () => {
    const name = fc.constantFrom(...api.names)
    const wire = fc.letrec<{ value: unknown }>(tie => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(name, tie('value')),
      ),
    })).value
    fc.assert(
      fc.property(fc.dictionary(name, wire), answer => {
        expect(toWire(fromWire(copy(answer)) as object)).toEqual(copy(answer))
      }),
    )
  })
})
