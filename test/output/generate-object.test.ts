import { describe, expect, it } from 'vitest'
import {
  ConfigurationError,
  createChatCompletion,
  generateObject,
  type Message,
  OutputError,
  objectFormat,
  type Policy,
  parseObject,
  RateLimitError,
  type Schema,
  ValidationError,
} from '../../src/index.ts'
import { failureOf } from '../client/harness.ts'
import { type Scripted, scripted } from '../tools/scripted.ts'
import { Person, personJsonSchema } from './person.ts'

const user: Message = { role: 'user', content: 'Ada, 36' }
const request = { model: 'fake-small', messages: [user] }
const ada = { name: 'Ada', age: 36 }
const good: Scripted = { content: JSON.stringify(ada) }
const refusal: Scripted = {
  status: 400,
  error: {
    message: 'This response_format type is unavailable now',
    param: null,
    code: 'invalid_request_error',
  },
}

describe('an object', () => {
  it('is asked for by its schema, checked, and given with its completion', async () => {
    const { client, requests } = scripted([good])
    const result = await generateObject(client, request, Person)
    expect(result.parsed).toEqual(ada)
    expect(result).toMatchObject({ choices: [{ finishReason: 'stop' }], usage: { totalTokens: 15 } })
    const { $schema, ...schema } = personJsonSchema
    expect(requests[0].response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'answer', schema },
    })
    expect(requests[0].messages).toEqual([user])
  })

  it('is what the schema made of the answer', async () => {
    const upper: Schema<string> = {
      '~standard': {
        validate: value => ({ value: String(Object(value).name).toUpperCase() }),
        jsonSchema: { input: () => personJsonSchema },
      },
    }
    const { client } = scripted([good])
    expect((await generateObject(client, request, upper)).parsed).toBe('ADA')
  })

  it.each([
    ['a fence', '```json\n{"name":"Ada","age":36}\n```'],
    ['a fence with a space', '``` json\n{"name":"Ada","age":36}\n```'],
    ['a bare fence', '  ```\n{"name":"Ada","age":36}```  '],
    ['a fence in one line', '```{"name":"Ada","age":36}```'],
    ['blanks', '\n\n {"name":"Ada","age":36} '],
  ])('is taken out of %s', async (_, content) => {
    const { client } = scripted([{ content }])
    expect((await generateObject(client, request, Person, { mode: 'prompt' })).parsed).toEqual(ada)
  })

  it.each([
    `Here it is:\n${good.content}`,
    `Here it is:\n\`\`\`json\n${good.content}\n\`\`\`\nAnything else?`,
    `${good.content}\n\nThat is all.`,
    `<think>An object, then.</think>${good.content}`,
    `Sure! Here is the "object": ${good.content}`,
    `I don't [sic] know more. ${good.content}`,
    `As in [1]: ${good.content} Hope it helps [2]`,
  ])('is found among words: %j', async content => {
    const { client } = scripted([{ content }])
    expect((await generateObject(client, request, Person)).parsed).toEqual(ada)
  })

  it.each([
    ['"a [b] c"', 'a [b] c'],
    ['```json\n"a"\n```', 'a'],
    ['7', 7],
    ['```\ntrue\n```', true],
  ])('may be no object at all: %j', async (content, value) => {
    const any: Schema<unknown> = {
      '~standard': { validate: value => ({ value }), jsonSchema: { input: () => ({}) } },
    }
    const { client } = scripted([{ content }])
    expect((await generateObject(client, request, any)).parsed).toBe(value)
  })

  it.each(['Here: [{"a":1}]', 'The "list":\n```json\n[{"a":1}]\n```\nis all.'])(
    'may be a list among words: %j',
    async content => {
      const any: Schema<unknown> = {
        '~standard': { validate: value => ({ value }), jsonSchema: { input: () => ({}) } },
      }
      const { client } = scripted([{ content }])
      expect((await generateObject(client, request, any)).parsed).toEqual([{ a: 1 }])
    },
  )

  it('is found in content that is a list of parts', async () => {
    const { client } = scripted([good])
    const completion = await createChatCompletion(client, request)
    Reflect.set(completion.choices[0].message, 'content', [{ type: 'text', text: good.content }])
    expect(await parseObject(completion, Person)).toEqual(ada)
  })

  it('needs a schema that tells its JSON Schema, and no request is sent without', async () => {
    const { client, requests } = scripted([good])
    const silent: Schema<unknown> = { '~standard': { validate: value => ({ value }) } }
    for (const schema of [silent, personJsonSchema as never])
      for (const mode of ['json_schema', 'json_object', 'prompt', 'auto'] as const) {
        const error = await failureOf(generateObject(client, request, schema, { mode }))
        expect(error).toBeInstanceOf(ConfigurationError)
        expect(error.message).toContain('toStandardJsonSchema')
      }
    expect(requests).toHaveLength(0)
  })

  it('is asked for with the options of the call', async () => {
    const { client } = scripted([good])
    expect(
      await failureOf(generateObject(client, request, Person, { signal: AbortSignal.abort('no') })),
    ).toBe('no')
  })
})

describe('an answer that is no such object', () => {
  it.each([
    ['REFUSAL', { content: null, refusal: 'I would rather not.' }],
    ['LENGTH', { content: '{"name":"A', finish: 'length' }],
    ['LENGTH', { ...good, finish: 'length' }],
    ['FILTER', { content: '{"na', finish: 'content_filter' }],
    ['NOT_JSON', { content: 'Ada is 36.' }],
    ['NOT_JSON', { content: '' }],
    ['NOT_JSON', { content: null, calls: [{ name: 'x' }] }],
    ['SCHEMA', { content: '{"name":"Ada","age":"secret"}' }],
    ['SCHEMA', { content: '[]' }],
  ] as const)('throws an OutputError with the code %s', async (code, answer) => {
    const { client } = scripted([answer])
    const error: OutputError = await failureOf(generateObject(client, request, Person))
    expect(error).toBeInstanceOf(OutputError)
    expect(error).toMatchObject({ name: 'OutputError', code, retryable: false })
    expect(error.completion!.choices[0].message.content).toBe(answer.content)
    // What the model said is in no log.
    expect(`${error.message} ${JSON.stringify(error)} ${error.cause}`).not.toMatch(/Ada|secret|rather/)
  })

  it('tells what the schema refuses, and where', async () => {
    const { client } = scripted([{ content: '{"name":"Ada","age":"36"}' }])
    const { issues, message } = await failureOf(generateObject(client, request, Person))
    expect(issues).toEqual([{ path: 'age', message: 'must be a number, not 36' }])
    expect(message).toBe('The schema refuses what the model wrote')
  })

  it('has no key that the model wrote in the message of its error', async () => {
    const map: Schema<object> = {
      '~standard': {
        validate: value => ({ issues: [{ path: Object.keys(Object(value)), message: 'is no number' }] }),
        jsonSchema: { input: () => ({ type: 'object', additionalProperties: { type: 'number' } }) },
      },
    }
    const { client } = scripted([{ content: '{"said the model":""}' }])
    const error = await failureOf(generateObject(client, request, map))
    expect(error.issues[0].path).toBe('said the model')
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('said the model')
  })

  it('is not asked for again by default', async () => {
    const { client, requests } = scripted([{ content: 'no' }, good])
    await failureOf(generateObject(client, request, Person))
    expect(requests).toHaveLength(1)
  })

  it('is not asked for again without end where `repairs` is no number', async () => {
    const { client, requests } = scripted(() => ({ content: 'no' }))
    await failureOf(generateObject(client, request, Person, { repairs: Number.NaN }))
    expect(requests).toHaveLength(1)
  })

  it('is sent back as often as `repairs` says, with what is wrong, and the usage is added up', async () => {
    const { client, requests } = scripted([{ content: 'Ada, 36' }, { content: '{"name":"Ada"}' }, good])
    const { parsed, usage } = await generateObject(client, request, Person, { repairs: 2 })
    expect(parsed).toEqual(ada)
    expect(usage).toEqual({ promptTokens: 30, completionTokens: 15, totalTokens: 45 })
    expect(requests[2].messages).toEqual([
      user,
      { role: 'assistant', content: 'Ada, 36' },
      { role: 'user', content: 'Wrong: is not JSON. Answer again, with JSON alone.' },
      { role: 'assistant', content: '{"name":"Ada"}' },
      {
        role: 'user',
        content: 'Wrong: age: must be a number, not undefined. Answer again, with JSON alone.',
      },
    ])
  })

  it('has a key of its own each time it is asked for', async () => {
    const keys: (string | null)[] = []
    const note: Policy = next => (url, init) => {
      keys.push(new Headers(init.headers).get('idempotency-key'))
      return next(url, init)
    }
    const { client } = scripted([refusal, { content: 'no' }, good, good], { policies: [note] })
    const options = { mode: 'auto', repairs: 1, idempotencyKey: 'k' } as const
    await generateObject(client, request, Person, options)
    await generateObject(client, request, Person, { idempotencyKey: 'k' })
    expect(keys).toEqual(['k', 'k-auto', 'k-1-auto', 'k'])
  })

  it('throws the last of them where that does not help', async () => {
    const { client, requests } = scripted([{ content: 'no' }, { content: '{}' }, good])
    const error = await failureOf(generateObject(client, request, Person, { repairs: 1 }))
    expect(error).toMatchObject({ code: 'SCHEMA' })
    expect(requests).toHaveLength(2)
  })

  it('is not sent back with calls of tools, which nobody answers', async () => {
    const { client, requests } = scripted([{ calls: [{ name: 'x' }] }, good])
    const error = await failureOf(generateObject(client, request, Person, { repairs: 1 }))
    expect(error).toMatchObject({ code: 'NOT_JSON' })
    expect(requests).toHaveLength(1)
  })

  it.each([
    ['a refusal', { content: null, refusal: 'No.' }],
    ['a cut answer', { content: '{', finish: 'length' }],
  ])('is not sent back where it is %s', async (_, answer) => {
    const { client, requests } = scripted([answer, good])
    await failureOf(generateObject(client, request, Person, { repairs: 3 }))
    expect(requests).toHaveLength(1)
  })
})

describe('the modes', () => {
  it.each([
    ['json_object', { type: 'json_object' }],
    ['prompt', undefined],
  ] as const)('%s tells the model the schema in the system message', async (mode, format) => {
    const { client, requests } = scripted([good])
    await generateObject(client, request, Person, { mode })
    expect(requests[0].response_format).toEqual(format)
    const [system, ...rest] = requests[0].messages
    expect(rest).toEqual([user])
    expect(system.role).toBe('system')
    expect(system.content).toMatch(/JSON.*"age":\{"type":"number"\}/)
  })

  it.each(['system', 'developer'] as const)('add to the %s message that there is', async role => {
    const { client, requests } = scripted([good])
    const messages = [{ role, content: 'Be short.' }, user]
    await generateObject(client, { ...request, messages }, Person, { mode: 'json_object' })
    const [first, second] = requests[0].messages
    expect(first.content).toMatch(/^Be short\.\n\n.*JSON/)
    expect(first.role).toBe(role)
    expect(second).toEqual(user)
    expect(messages[0]).toEqual({ role, content: 'Be short.' })
  })

  it('json_schema says what to do where the service refuses it', async () => {
    const { client, requests } = scripted([refusal, good])
    const error = await failureOf(generateObject(client, request, Person))
    expect(error).toBeInstanceOf(ValidationError)
    expect(error).toMatchObject({ status: 400, code: 'invalid_request_error' })
    expect(error.message).toMatch(/response_format type is unavailable now \(try mode: 'json_object'\)$/)
    expect(requests).toHaveLength(1)
  })

  it.each([
    ['another fault of the request', { status: 400, error: { message: 'messages: too many' } }],
    [
      'a fault of the schema',
      {
        status: 400,
        error: { message: "Invalid schema for response_format 'answer'", param: 'response_format' },
      },
    ],
  ])('leave %s as it is', async (_, answer) => {
    for (const mode of ['json_schema', 'auto'] as const) {
      const { client, requests } = scripted([answer, good])
      const error = await failureOf(generateObject(client, request, Person, { mode }))
      expect(error.message).not.toContain('mode')
      expect(requests).toHaveLength(1)
    }
  })

  it('auto tries once more, and remembers that for the client and the model', async () => {
    const formats = (sent: readonly { response_format?: { type: string } }[]) =>
      sent.map(({ response_format: format }) => format?.type)
    const { client, requests } = scripted([refusal, good, good, good])
    const options = { mode: 'auto' } as const
    expect((await generateObject(client, request, Person, options)).parsed).toEqual(ada)
    await generateObject(client, request, Person, options)
    await generateObject(client, { ...request, model: 'fake-large' }, Person, options)
    expect(formats(requests)).toEqual(['json_schema', 'json_object', 'json_object', 'json_schema'])
    const other = scripted([good])
    await generateObject(other.client, request, Person, options)
    expect(formats(other.requests)).toEqual(['json_schema'])
  })

  it('auto does not remember what did not help', async () => {
    const { client, requests } = scripted([refusal, { status: 429 }, good])
    expect(await failureOf(generateObject(client, request, Person, { mode: 'auto' }))).toBeInstanceOf(
      RateLimitError,
    )
    await generateObject(client, request, Person, { mode: 'auto' })
    expect(requests[2].response_format.type).toBe('json_schema')
  })
})

describe('objectFormat and parseObject', () => {
  it('are the same in two pieces', async () => {
    const { client, requests } = scripted([good])
    const responseFormat = objectFormat(Person, { name: 'person' })
    const completion = await createChatCompletion(client, { ...request, responseFormat })
    expect(await parseObject(completion, Person)).toEqual(ada)
    expect(requests[0].response_format.json_schema.name).toBe('person')
  })

  it('forced to be strict let the model say null for what it leaves out', async () => {
    const { client, requests } = scripted([{ content: '{"name":"Ada","age":36,"nick":null}' }])
    const { parsed } = await generateObject(client, request, Person, { strict: true })
    expect(parsed).toEqual(ada)
    expect(requests[0].response_format.json_schema).toEqual({
      name: 'answer',
      strict: true,
      schema: {
        type: 'object',
        additionalProperties: false,
        properties: {
          name: { type: 'string' },
          age: { type: 'number' },
          nick: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        },
        required: ['name', 'age', 'nick'],
      },
    })
  })

  it('take null for null where nothing was forced', async () => {
    const { client } = scripted([{ content: '{"name":"Ada","age":36,"nick":null}' }])
    expect(await failureOf(generateObject(client, request, Person))).toMatchObject({ code: 'SCHEMA' })
  })
})
