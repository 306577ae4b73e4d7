import { describe, expect, it } from 'vitest'
import {
  ConfigurationError,
  createChatCompletion,
  runTools,
  type Schema,
  tool,
  toolContent,
} from '../../src/index.ts'
import { failureOf } from '../client/harness.ts'
import { scripted } from './scripted.ts'

const json = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
}
const City: Schema<{ city: string }> = {
  '~standard': {
    validate: value => ({ value: value as { city: string } }),
    jsonSchema: {
      input: ({ target }) => ({ ...json, ...(target === 'draft-2020-12' ? {} : { wrong: target }) }),
    },
  },
}
const Optional: Schema<{ city?: string }> = {
  '~standard': {
    validate: value =>
      Object(value).city === null ? { issues: [{ message: 'null' }] } : { value: Object(value) },
    jsonSchema: { input: () => ({ ...json, required: [] }) },
  },
}
const user = { role: 'user' as const, content: 'Hi' }
const closed = {
  type: 'object',
  properties: json.properties,
  required: ['city'],
  additionalProperties: false,
}

describe('a tool', () => {
  it('is one of the wire, strict where its schema allows it', () => {
    const weather = tool({ name: 'get_weather', description: 'The weather', input: City, execute: () => 1 })
    expect(JSON.parse(JSON.stringify(weather))).toEqual({
      type: 'function',
      function: { name: 'get_weather', description: 'The weather', parameters: closed, strict: true },
    })
  })

  it('goes over the wire without a byte of what runs it', async () => {
    const { client, requests } = scripted([{ content: 'Hi' }])
    const secret = 'the runner has this'
    const weather = tool({ name: 'get_weather', input: City, execute: () => secret, approve: () => true })
    await createChatCompletion(client, { model: 'fake-small', messages: [user], tools: [weather] })
    expect(requests[0].tools).toEqual([
      { type: 'function', function: { name: 'get_weather', parameters: closed, strict: true } },
    ])
  })

  it.each([
    [
      'not strict where that is not wanted',
      { input: City, strict: false },
      { type: 'object', properties: json.properties, required: ['city'] },
      undefined,
    ],
    [
      'not strict where a member is optional',
      { input: Optional },
      { type: 'object', properties: json.properties, required: [] },
      undefined,
    ],
    [
      'strict where that is forced',
      { input: Optional, strict: true },
      { ...closed, properties: { city: { anyOf: [{ type: 'string' }, { type: 'null' }] } } },
      true,
    ],
    [
      'described by hand',
      { input: City, parameters: { type: 'object', properties: { x: {} } } },
      { type: 'object', properties: { x: {} } },
      undefined,
    ],
    ['without input', {}, { type: 'object', properties: {} }, undefined],
    // A service answers "object schema missing properties".
    [
      'one that takes any object',
      { parameters: { type: 'object' } },
      { type: 'object', properties: {} },
      undefined,
    ],
    [
      'one that takes any object, and says so',
      { parameters: { type: 'object', additionalProperties: true } },
      { type: 'object', properties: {}, additionalProperties: true },
      undefined,
    ],
    [
      'one that takes one of several objects',
      { parameters: { oneOf: [json, json] } },
      { type: 'object', properties: {}, oneOf: [json, json] },
      undefined,
    ],
    [
      'without input, and not forced to hold the model to that',
      { strict: true },
      { type: 'object', properties: {} },
      undefined,
    ],
  ])('is %s', (_, options, parameters, strict) => {
    const { function: sent } = tool<never>({ name: 'x', ...(options as object) })
    expect(sent.parameters).toEqual(parameters)
    expect(sent.strict).toBe(strict)
  })

  it('removes the nulls that it let the model say', async () => {
    const { client, requests } = scripted([
      { calls: [{ name: 'x', args: { city: null } }] },
      { content: 'Hi' },
    ])
    const forced = tool({ name: 'x', input: Optional, strict: true, execute: input => Object.keys(input) })
    await runTools(client, { model: 'fake-small', messages: [user], tools: [forced] })
    expect(requests[1].messages.at(-1).content).toBe('[]')
    // Where nothing was forced a null is a null.
    const loose = tool({ name: 'x', input: Optional, execute: () => 1 })
    const again = scripted([{ calls: [{ name: 'x', args: { city: null } }] }, { content: 'Hi' }])
    await runTools(again.client, { model: 'fake-small', messages: [user], tools: [loose] })
    expect(again.requests[1].messages.at(-1).content).toContain('null')
  })

  it('stays one when it is copied', async () => {
    const { client, requests } = scripted([{ calls: [{ name: 'x' }] }, { content: 'Hi' }])
    const copy = { ...tool({ name: 'x', execute: () => 'ran' }) }
    await runTools(client, { model: 'fake-small', messages: [user], tools: [copy] })
    expect(requests[1].messages.at(-1).content).toBe('ran')
  })

  it('does not change the schema that it was given', () => {
    const before = structuredClone(json)
    tool({ name: 'x', input: Optional, strict: true })
    tool({ name: 'x', parameters: Object.freeze(json), strict: true })
    expect(json).toEqual(before)
  })

  it('needs a schema that tells its JSON Schema, or parameters', async () => {
    const silent: Schema<unknown> = { '~standard': { validate: value => ({ value }) } }
    const error = await failureOf(() => tool({ name: 'x', input: silent }))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toContain('toStandardJsonSchema')
    const parameters = { properties: { a: { type: 'string' } } }
    expect(tool({ name: 'x', input: silent, parameters }).function.parameters).toMatchObject(parameters)
  })
})

describe('toolContent', () => {
  it('shows nothing but its parts', () => {
    const parts = [{ type: 'text', text: 'Hi' }]
    expect(JSON.parse(JSON.stringify(toolContent(parts)))).toEqual({ parts })
  })
})
