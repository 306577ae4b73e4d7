import { describe, expect, inject, it } from 'vitest'
import { createClient, listModels, ProtocolError } from '../../src/index.ts'
import { clientOf, failureOf, json } from '../client/harness.ts'

describe('listModels', () => {
  it('asks a real server', async () => {
    const { object, data } = await listModels(createClient({ baseUrl: inject('fakeServer') }))
    expect(object).toBe('list')
    expect(data[0]).toEqual({
      id: 'fake-small',
      object: 'model',
      created: expect.any(Number),
      ownedBy: expect.any(String),
    })
  })

  it('is a GET without a body', async () => {
    const client = clientOf(async (url, { method, body }) => {
      expect([url, method, body]).toEqual(['https://api.test/v1/models?limit=5', 'GET', undefined])
      return json({ object: 'list', data: [] })
    })
    expect(await listModels(client, { query: { limit: 5 } })).toEqual({ object: 'list', data: [] })
  })

  it('takes a list without anything around it (Together, GitHub Models: any-llm#517)', async () => {
    const client = clientOf(async () => json([{ id: 'a', owned_by: 'x' }, { id: 'b' }]))
    expect(await listModels(client)).toEqual({
      object: 'list',
      data: [{ id: 'a', ownedBy: 'x' }, { id: 'b' }],
    })
  })

  it('does not take a list of an error for one of models', async () => {
    const client = clientOf(async () => json([{ error: { message: 'm', code: 429 } }]))
    expect(await failureOf(listModels(client))).toMatchObject({ name: 'RateLimitError' })
  })

  it.each([{}, { data: {} }, { data: null }, { models: [] }])('refuses %j', async body => {
    const error = await failureOf(listModels(clientOf(async () => json(body))))
    expect(error).toBeInstanceOf(ProtocolError)
  })
})
