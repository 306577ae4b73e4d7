import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  archivedStreams,
  memoryStreams,
  type RelayOptions,
  type RelayStreams,
} from '../../src/relay/index.ts'
import { question, relayOf, type User, visit } from './harness.ts'

/** Names that a careless join of user and key would mix up, and keys that name another's. */
const users = ['a', 'b', 'a:b', 'a%3Ab', 'a:', ':a', 'a b', 'ä', '../a', 'a/b', '__proto__']
const keys = ['k', 'b:k', ':k', '%3Ak', 'b%3Ak', 'k:', 'a:b:k', '../b:k', '{a:k}', 'constructor', '__proto__']

/** Stands in every answer that was made for a user, and in no other. */
const markOf = (user: string) => `<${users.indexOf(user)}!>`

/** What an answer says, joined: the marks are cut into events. */
const saidIn = (text: string) => [...text.matchAll(/"content":"([^"]*)"/g)].map(([, said]) => said).join('')

interface Step {
  readonly user: string
  readonly method: 'POST' | 'GET' | 'DELETE'
  readonly key: string | undefined
  readonly after: number
  readonly stream: boolean
  readonly leaves: boolean
  readonly topic: string
  readonly bearer: boolean
}

const step: fc.Arbitrary<Step> = fc.record({
  user: fc.constantFrom(...users),
  method: fc.constantFrom('POST', 'GET', 'DELETE'),
  key: fc.option(fc.constantFrom(...keys), { nil: undefined }),
  after: fc.nat(12),
  stream: fc.boolean(),
  leaves: fc.boolean(),
  topic: fc.constantFrom('x', 'y'),
  bearer: fc.boolean(),
})

/** Streams whose finished answers are read from a second store alone. */
function archived(): RelayStreams {
  const map = new Map<string, unknown>()
  return archivedStreams(memoryStreams({ ttl: 5 }), {
    getItem: key => map.get(key),
    setItem: (key, value) => map.set(key, value),
    removeItem: key => map.delete(key),
  })
}

describe.each([
  ['memoryStreams', () => memoryStreams()],
  ['archivedStreams', archived],
])('a user of a relay with %s', (_, openStreams) => {
  it('never sees a byte of another, whatever is asked in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 2, maxLength: 14 }),
        fc.boolean(),
        async (steps, atOnce) => {
          const rewrite: RelayOptions<User>['rewrite'] = (body, { id }) => ({ ...body, user: id })
          const { handle } = relayOf(
            {
              streams: openStreams(),
              authorize: request => ({ id: decodeURIComponent(request.headers.get('x-user')!) }),
              rewrite,
              limits: { concurrent: 5, requestsPerMinute: 1000 },
            },
            { reply: request => `${markOf(request.user as string)} `.repeat(4), chunkDelay: atOnce ? 1 : 0 },
          )
          const run = async ({ user, method, key, after, stream, leaves, topic, bearer }: Step) => {
            const headers: { [name: string]: string } = { 'x-user': encodeURIComponent(user) }
            if (key) headers['idempotency-key'] = key
            if (method === 'GET' || after % 2) headers['last-event-id'] = `${after}`
            // What only a relay that trusts its visitors would look at.
            if (bearer)
              Object.assign(headers, {
                'x-relay-user': 'a',
                authorization: 'Bearer user-b',
                cookie: 'user=b',
              })
            const body = { ...question, stream, messages: [{ role: 'user', content: topic }] }
            const response = await handle(visit(body, { method, headers, user: '' }))
            if (leaves) return void response.body?.cancel()
            const text = saidIn(await response.text())
            for (const other of users) if (other !== user) expect(text).not.toContain(markOf(other))
            if (method === 'POST' && response.status === 200 && !after) expect(text).toContain(markOf(user))
          }
          if (atOnce) await Promise.all(steps.map(run))
          else for (const each of steps) await run(each)
        },
      ),
      { numRuns: 120 },
    )
  }, 120_000)
})
