// In Node alone: the validators come as packages of many files.

import { Schema as EffectSchema } from 'effect'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  createClient,
  generateObject,
  type Message,
  objectFormat,
  parseObject,
  runTools,
  streamObject,
  tool,
} from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { schemaValue } from '../../src/testing/schema-value.ts'
import { conforms } from '../support/conforms.ts'
import { scripted } from '../tools/scripted.ts'
import { hasOptional, rootKind, VALIDATORS, valuesOf, withNulls } from './random-schemas.ts'

const user: Message = { role: 'user', content: 'Ada and 36' }
const request = { model: 'fake-small', messages: [user] }
const runs = { numRuns: 100 }

/** A random schema, and a value of it. */
const sample = rootKind.chain(kind => fc.tuple(fc.constant(kind), valuesOf(kind)))

/** Everything in a schema that describes an object. */
function objectsIn(
  node: unknown,
): { properties: object; required: string[]; additionalProperties: unknown }[] {
  if (typeof node !== 'object' || !node) return []
  const below = Object.values(node).flatMap(objectsIn)
  // biome-ignore lint/suspicious/noExplicitAny: a member may be named like a keyword, a type is a text
  return (node as any).type === 'object' ? [node as any, ...below] : below
}

describe.each(VALIDATORS)('random schemas of %s', (_, make) => {
  it('are closed and complete where they are strict, and say no less than before', () => {
    fc.assert(
      fc.property(sample, ([kind, value]) => {
        const schema = make(kind)
        const loose = objectFormat(schema, { strict: false }).jsonSchema
        const { schema: json, strict } = objectFormat(schema).jsonSchema
        expect(conforms(value, loose.schema)).toBe(true)
        expect(JSON.stringify(json)).not.toContain('$schema')
        if (!strict) return
        expect(hasOptional(kind)).toBe(false)
        for (const { properties, required, additionalProperties } of objectsIn(json)) {
          expect(additionalProperties).toBe(false)
          expect(required).toEqual(Object.keys(properties))
        }
        expect(conforms(value, json)).toBe(true)
      }),
      runs,
    )
  })

  it('take back, forced to be strict, what the model says with nulls for what it leaves out', async () => {
    await fc.assert(
      fc.asyncProperty(sample, async ([kind, value]) => {
        const schema = make(kind)
        const { schema: json } = objectFormat(schema, { strict: true }).jsonSchema
        const said = withNulls(value, kind)
        expect(conforms(said, json)).toBe(true)
        const { client } = scripted([{ content: JSON.stringify(said) }])
        const { parsed } = await generateObject(client, request, schema, { strict: true })
        expect(parsed).toEqual(withNulls(value, kind, true))
      }),
      runs,
    )
  })

  it('are met by a model that keeps to them, whole, streamed, and as the input of a tool', async () => {
    const client = createClient({ fetch: createFakeFetch() })
    await fc.assert(
      fc.asyncProperty(rootKind, fc.constantFrom(undefined, true), async (kind, strict) => {
        const schema = make(kind)
        const { parsed } = await generateObject(client, request, schema, { strict })
        const streamed = await streamObject(client, request, schema, { strict }).completion()
        expect(streamed.parsed).toEqual(parsed)
        let input: unknown
        const store = tool({
          name: 'ada',
          input: schema,
          strict,
          execute(given) {
            input = given
          },
        })
        const run = await runTools(client, { ...request, tools: [store] })
        expect(run.steps[0]!.results[0]).not.toHaveProperty('failed')
        expect(input).toBeTypeOf('object')
      }),
      { numRuns: 30 },
    )
  })
})

describe('what validators write', () => {
  it('is the same value from each of them', async () => {
    await fc.assert(
      fc.asyncProperty(sample, async ([kind, value]) => {
        const { client } = scripted(VALIDATORS.map(() => ({ content: JSON.stringify(value) })))
        for (const [, make] of VALIDATORS) {
          const { parsed } = await generateObject(client, request, make(kind))
          expect(parsed).toEqual(value)
        }
      }),
      runs,
    )
  })

  it('is refused with the path, whoever finds it', async () => {
    const kind = {
      is: 'object',
      members: {
        items: {
          isOptional: false,
          kind: {
            is: 'array',
            item: { is: 'object', members: { name: { isOptional: false, kind: { is: 'string' } } } },
          },
        },
      },
    } as const
    for (const [, make] of VALIDATORS) {
      const { client } = scripted([{ content: '{"items":[{"name":"a"},{"name":1}]}' }])
      const error = await generateObject(client, request, make(kind)).catch(error => error)
      expect(error).toMatchObject({ code: 'SCHEMA', issues: [{ path: 'items[1].name' }] })
    }
  })

  it('is met by a made value of the schema that is sent', () => {
    fc.assert(
      fc.property(rootKind, kind => {
        for (const [, make] of VALIDATORS) {
          const { schema } = objectFormat(make(kind), { strict: true }).jsonSchema
          expect(conforms(schemaValue(schema), schema)).toBe(true)
        }
      }),
      { numRuns: 30 },
    )
  })
})

describe('a schema that is a reference at its root', () => {
  class Place extends EffectSchema.Class<Place>('Place')({ city: EffectSchema.String }) {}
  const Tree = z
    .object({
      name: z.string(),
      note: z.string().optional(),
      get below() {
        return z.array(Tree)
      },
    })
    .meta({ id: 'Tree' })

  it('is sent as the object that it refers to', () => {
    const place = EffectSchema.toStandardSchemaV1(EffectSchema.toStandardJSONSchemaV1(Place))
    const { schema } = objectFormat(place).jsonSchema
    expect(schema).toMatchObject({ type: 'object', properties: { city: { type: 'string' } } })
    expect(schema).not.toHaveProperty('$ref')
    const { parameters } = tool({ name: 'plant', input: Tree }).function
    expect(parameters).toMatchObject({
      type: 'object',
      properties: { below: { items: { $ref: '#/$defs/Tree' } } },
      $defs: { Tree: { type: 'object' } },
    })
  })

  it('loses the nulls that it let the model say, at every depth', async () => {
    const value = { name: 'a', note: null, below: [{ name: 'b', note: null, below: [] }] }
    const { client } = scripted([{ content: JSON.stringify(value) }])
    const { parsed } = await generateObject(client, request, Tree, { strict: true })
    expect(parsed).toEqual({ name: 'a', below: [{ name: 'b', below: [] }] })
  })
})

it('parseObject takes the completion of any call', async () => {
  const [, make] = VALIDATORS[0]!
  const schema = make({ is: 'object', members: { name: { isOptional: true, kind: { is: 'string' } } } })
  const { client } = scripted([{ content: '{"name":null}' }])
  const completion = await generateObject(client, request, schema, { strict: true })
  expect(await parseObject(completion, schema, { strict: true })).toEqual({})
})
