import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resume } from '../../src/index.ts'
import { memoryStreams, relay } from '../../src/relay/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import { root } from '../package/built.ts'
import { randomOf } from './cutting.ts'
import { authorize, KEY } from './harness.ts'
import { type Listening, serve, startCuttingProxy } from './serve.ts'

/** Where the other clients are: with the benchmarks, so that the project's own tree has none of them. */
const folder = process.env.OTHER_CLIENTS ?? join(root, 'bench/node_modules')
const isThere = existsSync(join(folder, 'openai'))
if (!isThere) {
  const reason = 'They are not installed: npm ci --prefix bench'
  if (process.env.CI === 'true') throw new Error(reason)
  console.warn(`SKIPPED other clients of the relay. ${reason}.`)
}

/** Loads a package from there. */
// biome-ignore lint/suspicious/noExplicitAny: packages without types here
async function load(name: string): Promise<any> {
  return import(pathToFileURL(createRequire(join(folder, 'x.js')).resolve(name)).href)
}

const WORDS = Array.from({ length: 40 }, (_, index) => `wörd${index} `).join('')
const model = 'fake-small'
const messages = [{ role: 'user' as const, content: 'Count' }]

describe.skipIf(!isThere)('another client, unchanged, before a relay', () => {
  let service: FakeServer
  let listening: Listening
  beforeAll(async () => {
    service = await startFakeServer({
      apiKey: KEY,
      reply: () => WORDS,
      faults: ({ body }) => (JSON.stringify(body).includes('cut') ? { cut: 5 } : undefined),
    })
    const streams = memoryStreams()
    const limits = { maxTokens: 500 }
    listening = await serve(
      relay({ baseUrl: service.baseUrl, apiKey: KEY, authorize, models: [model], streams, limits }),
    )
  })
  afterAll(async () => {
    await listening?.close()
    await service?.close()
  })

  /** Texts of a whole answer and of a stream; what a stream that is cut ends with; what a refusal is. */
  interface Client {
    whole(): Promise<string>
    stream(fetch?: typeof globalThis.fetch, content?: string): Promise<string>
    refused(): Promise<{ status?: number; statusCode?: number; response?: Response }>
  }

  const clients: [string, () => Promise<Client>][] = [
    [
      'openai',
      async () => {
        const { default: OpenAI } = await load('openai')
        const open = (fetch?: unknown) =>
          new OpenAI({ baseURL: `${listening.url}/v1`, apiKey: 'user-anna', maxRetries: 0, fetch })
        return {
          whole: async () =>
            (await open().chat.completions.create({ model, messages })).choices[0].message.content,
          async stream(fetch, content = 'Count') {
            const asked = { model, messages: [{ role: 'user', content }], stream: true }
            let text = ''
            // It reads `choices[0]` of each chunk, as most programs do: one without choices would break it.
            for await (const chunk of await open(fetch).chat.completions.create(asked))
              text += chunk.choices[0].delta.content ?? ''
            return text
          },
          refused: () =>
            open()
              .chat.completions.create({ model: 'other', messages })
              .catch((error: unknown) => error),
        }
      },
    ],
    [
      'ai',
      async () => {
        const { generateText, streamText } = await load('ai')
        const { createOpenAICompatible } = await load('@ai-sdk/openai-compatible')
        const open = (fetch?: unknown) =>
          createOpenAICompatible({
            name: 'relay',
            baseURL: `${listening.url}/v1`,
            apiKey: 'user-anna',
            fetch,
          })
        const ask = (fetch?: unknown, id = model, content = 'Count') => ({
          model: open(fetch)(id),
          prompt: content,
          maxRetries: 0,
        })
        return {
          whole: async () => (await generateText(ask())).text,
          async stream(fetch, content) {
            let text = ''
            let failure: unknown
            const { fullStream } = streamText({ ...ask(fetch, model, content), onError: () => {} })
            for await (const part of fullStream) {
              if (part.type === 'text-delta') text += part.text
              if (part.type === 'error') failure = part.error
            }
            if (failure) throw failure
            return text
          },
          refused: () => generateText(ask(undefined, 'other')).catch((error: unknown) => error),
        }
      },
    ],
    [
      'xsai',
      async () => {
        const { streamText } = await load('@xsai/stream-text')
        const { generateText } = await load('@xsai/generate-text')
        const ask = (fetch?: unknown, id = model, content = 'Count') => ({
          baseURL: `${listening.url}/v1/`,
          apiKey: 'user-anna',
          model: id,
          messages: [{ role: 'user', content }],
          ...(fetch !== undefined && { fetch }),
        })
        return {
          whole: async () => (await generateText(ask())).text,
          async stream(fetch, content) {
            const result = streamText(ask(fetch, model, content))
            // Its other promises reject as well.
            for (const promise of ['messages', 'steps', 'usage', 'totalUsage'])
              result[promise]?.catch?.(() => {})
            const reader = result.textStream.getReader()
            let text = ''
            for (;;) {
              const { done, value } = await reader.read()
              if (done) return text
              text += value
            }
          },
          refused: () => generateText(ask(undefined, 'other')).catch((error: unknown) => error),
        }
      },
    ],
  ]

  describe.each(clients)('%s', (_, open) => {
    let client: Client
    beforeAll(async () => {
      client = await open()
    })

    it('reads answers, whole and as a stream', async () => {
      expect(await client.whole()).toBe(WORDS)
      expect(await client.stream()).toBe(WORDS)
    })

    it('is told of a refusal by its status', async () => {
      const { status, statusCode, response } = await client.refused()
      expect(status ?? statusCode ?? response?.status).toBe(403)
    })

    it('is told of a cut', async () => {
      await expect(client.stream(undefined, 'cut')).rejects.toThrow()
    })

    it('reads one answer over lines that break, by resume() as its fetch', async () => {
      service.reset()
      const random = randomOf(3)
      const proxy = await startCuttingProxy(listening.url, () => 1500 + Math.floor(random() * 4000))
      const line = resume({ initialDelay: 5 })((url, init) =>
        fetch(`${url}`.replace(listening.url, proxy.url), init),
      )
      expect(await client.stream(line)).toBe(WORDS)
      expect(proxy.cuts()).toBeGreaterThan(1)
      expect(service.requests).toHaveLength(1)
      await proxy.close()
    })
  })
})
