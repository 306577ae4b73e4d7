import type { Schema } from '../../src/index.ts'

export interface Person {
  name: string
  age: number
  nick?: string
}

export const personJsonSchema: { readonly [keyword: string]: unknown } = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'number' }, nick: { type: 'string' } },
  required: ['name', 'age'],
}

function issuesOf(value: unknown) {
  const { name, age, nick = '' } = Object(value)
  return [
    ...(typeof name === 'string' ? [] : [{ path: ['name'], message: `must be a text, not ${name}` }]),
    ...(typeof age === 'number' ? [] : [{ path: [{ key: 'age' }], message: `must be a number, not ${age}` }]),
    ...(typeof nick === 'string' ? [] : [{ path: ['nick'], message: 'must be a text' }]),
  ]
}

/** A Standard Schema by hand; its value is a copy. */
export const Person: Schema<Person> = {
  '~standard': {
    async validate(value) {
      const issues = issuesOf(value)
      return issues.length ? { issues } : { value: { ...(value as Person) } }
    },
    jsonSchema: { input: () => personJsonSchema },
  },
}
