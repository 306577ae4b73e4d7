import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ChatCompletionRequest,
  collectText,
  createClient,
  resume,
  streamChatCompletion,
} from '../../src/index.ts'
import { memoryStreams, type RelayStreams, redisStreams, relay } from '../../src/relay/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import { findRedis, startRedis } from '../support/redis-server.ts'
import { randomOf } from './cutting.ts'
import { authorize, KEY } from './harness.ts'
import { bundleObject, runObject } from './run-object.ts'
import { type Listening, serve, startCuttingProxy } from './serve.ts'

const ANSWERS = 200
/** How many at once. */
const ABREAST = 25

const redis = findRedis()
if (!redis) {
  const reason = 'There is no redis-server: apt-get install redis-server'
  if (process.env.CI === 'true') throw new Error(reason)
  console.warn(`SKIPPED cut lines with Redis. ${reason}.`)
}

/** An answer that is different for each question, and says so in every word. */
const replyTo = (content: unknown) =>
  Array.from({ length: 30 }, (_, index) => `${content}-wörd${index} `).join('')

let service: FakeServer
beforeAll(async () => {
  service = await startFakeServer({
    apiKey: KEY,
    chunkDelay: 2,
    reply: ({ messages }) => replyTo(messages.at(-1)!.content),
  })
})
afterAll(() => service?.close())

const relayWith = (streams: RelayStreams) =>
  relay({ baseUrl: service.baseUrl, apiKey: KEY, authorize, models: ['fake-small'], streams })

/** Relays by the kind of their store, each with what it was started with. */
const kinds: [string, () => Promise<Listening>][] = [
  ['memory', () => serve(relayWith(memoryStreams()))],
  [
    'Redis, by a relay that is another one each time',
    async () => {
      const server = await startRedis(redis!)
      const clients = Array.from({ length: 3 }, () => new Redis(server.url))
      const handlers = clients.map(client => relayWith(redisStreams(client, { poll: 100 })))
      let turn = 0
      const listening = await serve((...given) => handlers[turn++ % handlers.length]!(...given))
      return {
        url: listening.url,
        async close() {
          await listening.close()
          for (const client of clients) client.disconnect()
          await server.close()
        },
      }
    },
  ],
  ['a Durable Object in workerd', async () => runObject(await bundleObject(), service.baseUrl)],
]

describe.each(kinds.filter(([name]) => redis || !name.startsWith('Redis')))(
  'through a proxy that cuts at any byte, with %s',
  (_, start) => {
    let listening: Listening
    beforeAll(async () => {
      service.reset()
      listening = await start()
    }, 60_000)
    afterAll(() => listening?.close())

    it(`${ANSWERS} answers are exact, and each was asked for once`, { timeout: 240_000 }, async () => {
      const random = randomOf(7)
      // An answer is about 8 kB: some lines end in the headers, most in the middle.
      const proxy = await startCuttingProxy(listening.url, () => Math.floor(random() * 6000))
      const ask = async (index: number) => {
        const fetch = resume({ initialDelay: 5 })(globalThis.fetch)
        const client = createClient({ baseUrl: `${proxy.url}/v1`, apiKey: () => `user-u${index % 7}`, fetch })
        const request: ChatCompletionRequest = {
          model: 'fake-small',
          messages: [{ role: 'user', content: `question${index}` }],
        }
        return collectText(streamChatCompletion(client, request, { headers: { connection: null } }))
      }
      for (let index = 0; index < ANSWERS; index += ABREAST) {
        const texts = await Promise.all(Array.from({ length: ABREAST }, (_, more) => ask(index + more)))
        expect(texts).toEqual(texts.map((_, more) => replyTo(`question${index + more}`)))
      }
      expect(proxy.cuts()).toBeGreaterThan(ANSWERS)
      expect(service.requests).toHaveLength(ANSWERS)
      await proxy.close()
    })
  },
)
