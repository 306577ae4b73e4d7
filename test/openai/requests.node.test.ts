import { describe, expect, it } from 'vitest'
import { type Callable, createCalls } from '../../generator/calls.ts'
import { querySchema } from '../../generator/operations.ts'
import { overrides } from '../../generator/overrides.ts'
import type { Spelling } from '../../generator/sample.ts'
import { clientOf, json } from '../client/harness.ts'

const { operations, sample, call } = createCalls(overrides.byHand)

const ids = ({ parts }: Callable) => parts.map((_, index) => `id ${index}`)

interface Sent {
  readonly method: string
  readonly path: string
  readonly query: readonly (readonly [string, string])[]
  readonly body: unknown
}

/** What an operation's function sends, and what it makes of the answer. */
async function send(operation: Callable, spelling: Spelling): Promise<[Sent, unknown]> {
  let sent: Sent | undefined
  const client = clientOf(async (url, init) => {
    const { pathname, searchParams } = new URL(url)
    const body =
      typeof init.body === 'string' ? JSON.parse(init.body) : init.body && [...(init.body as FormData)]
    sent = { method: init.method!, path: pathname, query: [...searchParams], body }
    return answerOf(operation)
  })
  const result = await call(client, operation, spelling, ids(operation))
  return [sent!, result]
}

/** The members of a form or of a query, by their paths. */
function flat(path: string, value: unknown): [string, unknown][] {
  if (Array.isArray(value)) return value.flatMap(item => flat(`${path}[]`, item))
  if (value instanceof Blob) return [[path, value]]
  if (typeof value !== 'object' || value === null) return [[path, `${value}`]]
  return Object.entries(value).flatMap(([key, member]) => flat(`${path}[${key}]`, member))
}

function expectedOf(operation: Callable): Sent {
  const { route, query, body, jsonMembers } = operation
  const [method, path] = route.split(' ') as [string, string]
  const wire = body && sample(body.schemas[0]!, operation, 'wire')
  const asked = query.length ? sample(querySchema(query), operation, 'wire') : {}
  const form = Object.entries(wire ?? {}).flatMap(([key, value]): [string, unknown][] =>
    jsonMembers.includes(key) ? [[key, JSON.stringify(value)]] : flat(key, value),
  )
  let index = 0
  return {
    method,
    path: `/v1${path.replace(/\{\w+\}/g, () => `id%20${index++}`)}`,
    query: Object.entries(asked).flatMap(([key, value]) => flat(key, value)) as [string, string][],
    body: body && body.kind !== 'json' ? form : wire,
  }
}

function answerOf(operation: Callable): Response {
  const { read, answer } = operation
  if (read === 'readNothing') return new Response(null, { status: 200 })
  if (read === 'readRaw')
    return new Response('bytes', { headers: { 'content-type': 'application/octet-stream' } })
  return json(sample(answer!, operation, 'wire'))
}

describe.each(operations.map(operation => [operation.name, operation] as const))('%s', (_, operation) => {
  it('sends what the description says, in both spellings', async () => {
    const [wire] = await send(operation, 'wire')
    const [camel] = await send(operation, 'camel')
    expect(wire).toEqual(expectedOf(operation))
    expect(camel).toEqual(wire)
  })

  it('reads what the description says, in camelCase', async () => {
    const [, result] = await send(operation, 'wire')
    if (operation.read === 'readNothing') expect(result).toBeUndefined()
    else if (operation.read === 'readRaw') expect(await (result as Response).text()).toBe('bytes')
    else expect(result).toEqual(sample(operation.answer!, operation, 'camel'))
  })

  if (!operation.parts.length) return

  it('rejects, and throws nothing, for what is no id', async () => {
    const client = clientOf(async () => new Response())
    const promise = call(client, operation, 'camel', ids(operation).fill('..'))
    await expect(promise).rejects.toThrow(/must be an id/)
  })
})
