import { describe, expect, it } from 'vitest'
import { jsonSchemaOf } from '../../src/output/json-schema-of.ts'
import { removeNulls, resolveRef } from '../../src/output/remove-nulls.ts'
import { type SchemaNode, strictSchema } from '../../src/output/strict-schema.ts'

/** What is sent of a JSON Schema. */
function sent(schema: object): object {
  const validate = (value: unknown) => ({ value })
  return jsonSchemaOf({ '~standard': { validate, jsonSchema: { input: () => schema } } })
}

const user = { type: 'object', properties: { name: { type: 'string' } } }

describe('a reference at the root of a schema', () => {
  it.each([
    ['#/$defs/User', 'User'],
    ['#/$defs/a~1User', 'a/User'],
    ['#/$defs/~01~1b', '~1/b'],
    ['#/$defs/a%20b%C3%A9', 'a bé'],
    ['#/$defs/100%', '100%'],
  ])('is put in the place of %s', ($ref, name) => {
    const $defs = { [name]: user }
    expect(sent({ $schema: 'x', $ref, $defs })).toStrictEqual({ ...user, $defs })
  })

  it.each([
    '#',
    '#user',
    '#/$defs/Nobody',
    '#/$defs/Loop',
    '#/$defs/User/a/b',
    'https://example.test/schema#/$defs/User',
  ])('stays where it leads to nothing, or to itself: %s', $ref => {
    const $defs = { User: user, Loop: { $ref: '#/$defs/Pool' }, Pool: { $ref: '#/$defs/Loop' } }
    expect(sent({ $schema: 'x', $ref, $defs })).toStrictEqual({ $ref, $defs })
  })
})

describe('a reference within a schema', () => {
  it('leads to the root, too', () => {
    const root = { ...user, properties: { below: { $ref: '#' } } }
    expect(resolveRef(root.properties.below, root)).toBe(root)
  })

  it('is followed for the nulls that stand for what is left out, whatever its name', () => {
    const forced = strictSchema(
      {
        type: 'object',
        properties: { user: { $ref: '#/$defs/a~1User' } },
        required: ['user'],
        $defs: { 'a/User': user },
      },
      true,
    ) as SchemaNode
    const value = { user: { name: null } }
    removeNulls(value, forced)
    expect(value).toEqual({ user: {} })
  })
})
