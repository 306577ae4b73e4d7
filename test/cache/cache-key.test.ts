import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, keyOf, readRequest } from '../../src/cache/cache-key.ts'
import type { FetchInit, PolicyRequest } from '../../src/call/policy.ts'

const URL_A = 'https://a.test/v1/chat/completions'

/** A request as a policy sees it. */
function requestOf(init: FetchInit, url = URL_A): PolicyRequest {
  const { method = 'GET', headers = {} } = init
  return { url, input: url, init, method, headers, signal: undefined, call: undefined, repeatable: true }
}

/** The key of a request; undefined for one that is not kept. */
async function keyOfRequest(request: PolicyRequest): Promise<string | undefined> {
  const read = readRequest(request)
  return read && keyOf(read, request)
}

/** The key of a request with a body, given as its JSON. */
function keyOfJson(body: string): Promise<string | undefined> {
  return keyOfRequest(requestOf({ method: 'POST', body }))
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
        const key = await keyOfJson(bodyOf(about))
        expect(key).toMatch(/^llmfetch:[\da-f]{64}$/)
        expect(await keyOfJson(bodyOf(reversed(about)))).toBe(key)
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
    [
      'the order of the properties of a schema, which is that of the answer',
      '{"response_format":{"json_schema":{"schema":{"a":{},"b":{}}}}}',
      '{"response_format":{"json_schema":{"schema":{"b":{},"a":{}}}}}',
    ],
    [
      'that of the parameters of a tool',
      '{"tools":[{"function":{"parameters":{"properties":{"a":{},"b":{}}}}}]}',
      '{"tools":[{"function":{"parameters":{"properties":{"b":{},"a":{}}}}}]}',
    ],
    [
      "that of a schema under a vendor's name",
      '{"guided_json":{"properties":{"a":{},"b":{}}}}',
      '{"guided_json":{"properties":{"b":{},"a":{}}}}',
    ],
  ])('tells apart %s', async (_, a, b) => {
    const json = (about: string) => `{"messages":[],"about":${about}}`
    const keys = [await keyOfJson(json(a)), await keyOfJson(json(b))]
    expect(keys).not.toContain(undefined)
    expect(keys[0]).not.toBe(keys[1])
  })

  it.each([
    ['an integer beyond a double', '9007199254740993'],
    ['a negative one', '[-9223372036854775807]'],
    ['more digits than a double has', '0.12345678901234567891'],
    ['a number that overflows', '1e400'],
    ['a number that vanishes', '1e-400'],
    ['a member twice', '{"a":1,"a":2}'],
  ])('is none where %s would be read as another value', async (_, about) => {
    expect(await keyOfJson(`{"messages":[],"about":${about}}`)).toBeUndefined()
    expect(await keyOfJson(`{"messages":[],"about":${JSON.stringify(about)}}`)).toBeDefined()
  })

  it("counts a caller's secrets, whatever is said to decide the answer", async () => {
    const of = (url: string, init: FetchInit = {}) => {
      const request = requestOf({ method: 'POST', body: bodyOf(1), ...init }, url)
      return keyOf(readRequest(request)!, request, 'the same')
    }
    const key = await of(URL_A)
    expect(await of(`${URL_A}?a=1`, { headers: { 'x-title': 'b' } })).toBe(key)
    for (const other of [
      of(`${URL_A}?api_key=a`),
      of(`${URL_A}?key=a`),
      of(URL_A, { headers: { 'x-access-token': 'a' } }),
      of(URL_A, { headers: { authorization: 'Bearer a' } }),
    ])
      expect(await other).not.toBe(key)
  })

  it.each([
    ['methods', { method: 'GET' }, {}],
    ['URLs', {}, { url: `${URL_A}?b` }],
    ['headers', {}, { headers: { accept: 'a' } }],
    ['names of headers', { headers: { a: 'x' } }, { headers: { b: 'x' } }],
    ['where a header ends', { headers: { a: 'x', b: 'y' } }, { headers: { a: 'x,b:y' } }],
    ['keys in a query', { url: `${URL_A}?key=a` }, { url: `${URL_A}?key=b` }],
    ['keys', { headers: { authorization: 'Bearer a' } }, { headers: { authorization: 'Bearer b' } }],
  ])('tells apart other %s', async (_, a, b) => {
    const of = ({ url, ...more }: FetchInit & { url?: string }) => {
      const init = more.method === 'GET' ? more : { method: 'POST', body: bodyOf(1), ...more }
      return keyOfRequest(requestOf(init, url))
    }
    const keys = [await of(a), await of(b)]
    expect(keys).not.toContain(undefined)
    expect(keys[0]).not.toBe(keys[1])
  })
})
