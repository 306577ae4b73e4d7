import { describe, expect, it } from 'vitest'
import { compose, type Fetch, type Policy, retry, timeout } from '../../src/index.ts'
import { policyContract } from './contract.ts'

policyContract('compose of none', () => compose())
policyContract('compose of several', () => compose(timeout({ total: 60_000 }), retry(), timeout(30_000)), [
  { name: 'the delay of retry', create: () => compose(timeout(5000), retry({ initialDelay: 60_000 })) },
])

const tag =
  (name: string): Policy =>
  next =>
  async (url, init) =>
    next(`${url}${name}`, init)

describe('compose', () => {
  const echo: Fetch = async url => new Response(url)

  it('puts the first outermost', async () => {
    expect(await (await compose(tag('a'), tag('b'), tag('c'))(echo)('/', {})).text()).toBe('/abc')
  })

  it('of none is the fetch itself', () => {
    expect(compose()(echo)).toBe(echo)
  })

  it('can be composed again', async () => {
    const twice = compose(compose(tag('a'), tag('b')), compose(tag('c')))
    expect(await (await twice(echo)('/', {})).text()).toBe('/abc')
  })
})
