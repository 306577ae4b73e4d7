import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, keyOf, longNumbers, readRequest } from '../../src/cache/cache-key.ts'
import type { FetchInit } from '../../src/call/policy.ts'

const URL_A = 'https://a.test/v1/chat/completions'

/** The key of a request with a body, given as its JSON. */
async function keyOfJson(body: string, more: FetchInit = {}, url = URL_A): Promise<string> {
  const init = { method: 'POST', body, ...more }
  return keyOf(readRequest(url, init)!, init)
}

/** A request about anything. */
const bodyOf = (about: unknown) => JSON.stringify({ messages: [], about })

/** The same value with the members of every object in another order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (Object(value) !== value) return value
  const entries = Object.entries(value as object).map(([key, child]) => [key, reversed(child)] as const)
  return Object.fromEntries(entries.reverse())
}

const anything = fc.jsonValue({ stringUnit: 'binary' })

describe('the key of a request', () => {
  it('is the same in whichever order the members come', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async about => {
        expect(await keyOfJson(bodyOf(reversed(about)))).toBe(await keyOfJson(bodyOf(about)))
      }),
      { numRuns: 100 },
    )
  })

  it('is another for another body', async () => {
    await fc.assert(
      fc.asyncProperty(anything, anything, async (a, b) => {
        const equal = canonicalJson(a) === canonicalJson(b)
        expect((await keyOfJson(bodyOf(a))) === (await keyOfJson(bodyOf(b)))).toBe(equal)
      }),
      { numRuns: 100 },
    )
  })

  it('does not depend on white space', async () => {
    const body = { messages: [{ role: 'user', content: ' a  b ' }], n: 1 }
    expect(await keyOfJson(JSON.stringify(body, null, 2))).toBe(await keyOfJson(JSON.stringify(body)))
  })

  it.each([
    ['another order of a list', '[1,2]', '[2,1]'],
    ['a number and its text', '1', '"1"'],
    ['null and no member', '{"a":null}', '{}'],
    ['a nested and a flat one', '{"a":{"b":1}}', '{"a.b":1}'],
    ['a list and an object', '["a"]', '{"0":"a"}'],
    ['composed and decomposed letters', '"é"', '"e\u0301"'],
    ['another lone surrogate', '"\\ud800"', '"\\ud801"'],
    ['a lone surrogate and its replacement', '"\\ud800"', '"\ufffd"'],
    ['a member named __proto__', '{"__proto__":1}', '{"__proto__":2}'],
    ['one in a prototype', '{"__proto__":{"a":1}}', '{"a":1}'],
    ['members named like methods', '{"toString":1,"toJSON":2}', '{"toString":1,"toJSON":3}'],
    ['integers beyond a double', '9007199254740993', '9007199254740992'],
    ['negative ones', '[-9223372036854775807]', '[-9223372036854775806]'],
    ['numbers that overflow', '1e400', '1E401'],
    ['numbers that vanish', '1e-400', '2e-400'],
  ])('tells apart %s', async (_, a, b) => {
    const json = (about: string) => `{"messages":[],"about":${about}}`
    expect(await keyOfJson(json(a))).not.toBe(await keyOfJson(json(b)))
  })

  it('counts the long numbers of a body, not those in its texts', () => {
    const numbers = ['9007199254740993', '-0.12345678901234567', '1e400', '1E+2']
    const texts = [', 1e400,', '\\', '"1e400', '\\"9007199254740993', '1e400'].map(text =>
      JSON.stringify(text),
    )
    expect(longNumbers(`{"1e5":[${numbers}],"b":[12,0.5,1234567890123456,true,${texts}]}`)).toEqual(numbers)
    expect(longNumbers(undefined)).toEqual([])
  })

  it.each([
    ['methods', { method: 'GET' }, {}],
    ['URLs', {}, { url: `${URL_A}?b` }],
    ['headers', {}, { headers: { accept: 'a' } }],
    ['names of headers', { headers: { a: 'x' } }, { headers: { b: 'x' } }],
    ['where a header ends', { headers: { a: 'x', b: 'y' } }, { headers: { a: 'x,b:y' } }],
    ['keys', { headers: { authorization: 'Bearer a' } }, { headers: { authorization: 'Bearer b' } }],
  ])('tells apart other %s', async (_, a, b) => {
    const of = ({ url = URL_A, ...more }: FetchInit & { url?: string }) => {
      const init = more.method === 'GET' ? more : { method: 'POST', body: bodyOf(1), ...more }
      return keyOf(readRequest(url, init)!, init)
    }
    expect(await of(a)).not.toBe(await of(b))
  })
})
