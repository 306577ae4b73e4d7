import { describe, expect, inject, it, vi } from 'vitest'
import { createClient, type Fetch, NotFoundError, retrieveModel, ValidationError } from '../../src/index.ts'
import { clientOf, failureOf, json } from '../client/harness.ts'

describe('retrieveModel', () => {
  it('asks a real server', async () => {
    const client = createClient({ baseUrl: inject('fakeServer') })
    expect(await retrieveModel(client, 'fake-large')).toMatchObject({ id: 'fake-large', object: 'model' })
    const error = await failureOf(retrieveModel(client, 'org/none:free'))
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error).toMatchObject({ code: 'model_not_found', param: 'model' })
  })

  it.each([
    ['gpt-4.1', 'gpt-4.1'],
    ['...', '...'],
    ['org/model:free', 'org%2Fmodel%3Afree'],
    ['%2e%2e', '%252e%252e'],
    ['../../admin', '..%2F..%2Fadmin'],
    ['a?x=1', 'a%3Fx%3D1'],
    ['a#b', 'a%23b'],
    ['a\\..\\b', 'a%5C..%5Cb'],
    ['//evil.test', '%2F%2Fevil.test'],
    ['@evil.test', '%40evil.test'],
    ['a b\n', 'a%20b%0A'],
    ['modèle', 'mod%C3%A8le'],
  ])('sends %j as one segment', async (id, segment) => {
    const fetch = vi.fn<Fetch>(async () => json({ id, object: 'model' }))
    await retrieveModel(clientOf(fetch), id)
    expect(fetch.mock.calls[0]![0]).toBe(`https://api.test/v1/models/${segment}`)
  })

  it.each(['', '.', '..', '\ud800', 5, null, undefined, {}])('refuses %j', async id => {
    const fetch = vi.fn<Fetch>()
    const error = await failureOf(retrieveModel(clientOf(fetch), id as string))
    expect(error).toBeInstanceOf(ValidationError)
    expect(error.issues).toEqual([{ path: 'model', message: expect.any(String) }])
    expect(fetch).not.toHaveBeenCalled()
  })
})
