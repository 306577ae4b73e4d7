import * as v from 'valibot'
import { describe, expect, it, vi } from 'vitest'
import {
  ChatCompletionRequestSchema,
  ConfigurationError,
  createChatCompletion,
  createEmbedding,
  createValidator,
  EmbeddingRequestSchema,
  type Fetch,
  type StandardSchema,
  ValidationError,
} from '../../src/index.ts'
import { chatRequest, clientOf, completion, failureOf, json } from '../client/harness.ts'

/** A Standard Schema of anybody's, with what it answers. */
function schemaWith(validate: (value: unknown) => unknown): StandardSchema {
  return { '~standard': { version: 1, vendor: 'mine', validate } } as StandardSchema
}

describe('createValidator', () => {
  it('holds the requests of an operation to its rules, and lets others pass', async () => {
    const fetch = vi.fn<Fetch>(async () => json(completion))
    const validate = createValidator({
      createChatCompletion: v.looseObject({ temperature: v.pipe(v.number(), v.maxValue(0)) }),
    })
    const client = clientOf(fetch, { validate })
    const error = await failureOf(createChatCompletion(client, { ...chatRequest, temperature: 1 }))
    expect(error).toBeInstanceOf(ValidationError)
    expect(error.issues).toMatchObject([{ path: 'temperature', message: expect.any(String) }])
    expect(fetch).not.toHaveBeenCalled()
    await createChatCompletion(client, { ...chatRequest, temperature: 0 })
    await failureOf(createEmbedding(client, { model: 'm', input: '' }))
    expect(fetch).toHaveBeenCalledTimes(2)
  })

  it('sends a request as it was given, without what a schema makes of it', async () => {
    const validate = createValidator({ x: v.object({ a: v.optional(v.number(), 5) }) })
    const request = { b: 1 }
    expect(validate(request, 'x')).toBe(request)
    expect(request).toEqual({ b: 1 })
  })

  it('says where each issue is, as JavaScript writes it', async () => {
    const validate = createValidator({
      x: schemaWith(() => ({
        issues: [
          { message: 'is bad', path: ['messages', 0, { key: 'content' }] },
          { message: 'is worse', path: [Symbol.for('s')] },
          { message: 'is all wrong' },
        ],
      })),
    })
    const error = await failureOf(() => validate({}, 'x'))
    expect(error.issues).toEqual([
      { path: 'messages[0].content', message: 'is bad' },
      { path: 'Symbol(s)', message: 'is worse' },
      { path: '', message: 'is all wrong' },
    ])
    expect(error.message).toContain('messages[0].content is bad')
  })

  it.each([{}, { x: 5 }, { '~standard': {} }])('refuses what is no schema: %j', async schema => {
    expect(await failureOf(() => createValidator({ x: schema as never }))).toBeInstanceOf(ConfigurationError)
  })

  it('refuses a schema that answers with a promise', async () => {
    const validate = createValidator({ x: schemaWith(async () => ({ value: 1 })) })
    expect(await failureOf(() => validate({}, 'x'))).toBeInstanceOf(ConfigurationError)
  })

  it.each(['toString', '__proto__', 'constructor'])('has no rules for an operation called %s', name => {
    expect(createValidator({})({}, name)).toEqual({})
  })
})

describe('the schemas of requests', () => {
  const issuesOf = async (schema: StandardSchema, value: unknown) =>
    (await schema['~standard'].validate(value)).issues?.map(({ path = [] }) =>
      path.map(part => (typeof part === 'object' ? part.key : part)).join('.'),
    )

  it('say where a request is wrong', async () => {
    expect(await issuesOf(ChatCompletionRequestSchema, chatRequest)).toBeUndefined()
    expect(await issuesOf(ChatCompletionRequestSchema, { ...chatRequest, anything: 1 })).toBeUndefined()
    expect(
      await issuesOf(ChatCompletionRequestSchema, {
        model: 'm',
        messages: [{ role: 'user', content: 5 }],
        n: 0,
      }),
    ).toEqual(['messages.0.content', 'n'])
    expect(await issuesOf(ChatCompletionRequestSchema, {})).toEqual(['model', 'messages'])
    expect(await issuesOf(EmbeddingRequestSchema, { model: 'm', input: 'x' })).toBeUndefined()
    expect(await issuesOf(EmbeddingRequestSchema, { model: 'm', input: [] })).toEqual(['input'])
  })

  it('may be part of a larger one of valibot', () => {
    const own = v.intersect([
      ChatCompletionRequestSchema as unknown as v.GenericSchema,
      v.looseObject({ tenant: v.string() }),
    ])
    expect(v.safeParse(own, { ...chatRequest, tenant: 'a' }).success).toBe(true)
    expect(v.safeParse(own, { ...chatRequest, temperature: 3, tenant: 'a' }).success).toBe(false)
    expect(v.safeParse(own, chatRequest).success).toBe(false)
  })
})
