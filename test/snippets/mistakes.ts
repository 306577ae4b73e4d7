import {
  type Client,
  type ClientConfig,
  chat,
  circuitBreaker,
  collectText,
  concurrencyLimit,
  createChatCompletion,
  createClient,
  type Fetch,
  generateObject,
  LLMClient,
  type LLMClientConfig,
  retry,
  streamChatCompletion,
  timeout,
  validateRequest,
} from '../../src/index.ts'
import { interceptors } from '../../src/interceptors/index.ts'
import { createFakeFetch } from '../../src/testing/fake-fetch.ts'
import type { Fault } from '../../src/testing/types.ts'

/** Somebody's mistake, or a service's: what the page says that they see, and how to come to see it. */
export interface Mistake {
  readonly sees: string
  readonly make: () => unknown
}

// biome-ignore lint/suspicious/noExplicitAny: the types refuse most mistakes
type Any = any

const request: Any = { model: 'fake-small', messages: [{ role: 'user', content: 'Hi' }] }

function clientFor(config: ClientConfig = {}): Client {
  return createClient({ fetch: createFakeFetch(), ...config })
}

function call(config?: ClientConfig, changes: object = {}, options: object = {}): Promise<unknown> {
  return createChatCompletion(clientFor(config), { ...request, ...changes }, options)
}

function stream(config?: ClientConfig): Promise<string> {
  return collectText(streamChatCompletion(clientFor(config), request))
}

const failing = (faults: Fault): ClientConfig => ({ fetch: createFakeFetch({ faults }) })
const answering = (body: object, init?: ResponseInit): ClientConfig => ({
  fetch: async () => Response.json(body, init),
})
const facade = (config: object): LLMClient => new LLMClient(config as LLMClientConfig)

/** Does something in what looks like a page. */
async function inPage<T>(work: () => T | Promise<T>): Promise<T> {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator')!
  Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Mozilla/5.0' }, configurable: true })
  try {
    return await work()
  } finally {
    Object.defineProperty(globalThis, 'navigator', before)
  }
}

/** The system's error, as undici passes it on: no test asks a name server. */
const noSuchHost = Object.assign(new Error('getaddrinfo ENOTFOUND api.example'), { code: 'ENOTFOUND' })

const broken = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"insufficient_system_resource"}]}\n\n'

export const mistakes: readonly Mistake[] = [
  {
    sees: 'baseUrl must end before /chat/completions: https://api.example/v1',
    make: () => createClient({ baseUrl: 'https://api.example/v1/chat/completions' }),
  },
  { sees: '404 Not Found', make: () => call(answering({ detail: 'Not Found' }, { status: 404 })) },
  {
    sees: 'baseURL is spelled baseUrl',
    make: () => createClient({ baseURL: 'https://api.example/v1' } as Any),
  },
  ...['api.example/v1', '/api', 'https://api.example/v1?api-version=1'].map(baseUrl => ({
    sees: 'baseUrl must be an http(s):// URL without credentials or query',
    make: () => createClient({ baseUrl }),
  })),
  { sees: 'maxRetry is no option: did you mean retry?', make: () => facade({ maxRetry: 2 }) },
  { sees: 'cache takes a policy: cache(options)', make: () => facade({ cache: { ttl: 60_000 } }) },
  { sees: 'metrics is off: new LLMClient({ metrics: metrics() })', make: () => facade({}).metrics() },
  {
    sees: 'maxRetries and timeout need',
    make: () => call({}, {}, { timeout: 1000 }),
  },
  { sees: 'policies.reduceRight is not a function', make: () => clientFor({ policies: retry() as Any }) },
  { sees: 'policies takes a list of policies: [retry()]', make: () => facade({ policies: retry() }) },
  { sees: 'retry is not called: retry()', make: () => facade({ policies: [retry] }) },
  ...[[request], [request, clientFor()]].map(given => ({
    sees: 'client.request is not a function',
    make: () => (createChatCompletion as Any)(...given),
  })),
  { sees: 'headers["host"]', make: () => createClient({ headers: { host: 'api.example' } }) },

  {
    sees: "401 You didn't provide an API key",
    make: () => call({ fetch: createFakeFetch({ apiKey: 'sk-of-the-reader' }) }),
  },
  {
    sees: '(no apiKey was set, nor LLM_API_KEY)',
    make: () => facade({ fetch: createFakeFetch({ apiKey: 'sk-of-the-reader' }) }).models.list(),
  },
  { sees: 'apiKey is empty', make: () => createClient({ apiKey: '' }) },
  {
    sees: 'apiKey must be ASCII without spaces or Bearer',
    make: () => createClient({ apiKey: 'Bearer sk-of-the-reader' }),
  },
  { sees: 'apiKey gave no key', make: () => call({ apiKey: () => undefined as Any }) },
  {
    sees: 'A secret key in a browser needs allowBrowserKey: every visitor can read it',
    make: () => inPage(() => createClient({ apiKey: 'sk-of-the-reader' })),
  },
  {
    sees: 'A key over http: needs allowInsecure',
    make: () => createClient({ baseUrl: 'http://api.example/v1', apiKey: 'sk-of-the-reader' }),
  },

  { sees: "404 The model 'gpt-imaginary' does not exist", make: () => call({}, { model: 'gpt-imaginary' }) },
  {
    sees: 'timeout belongs into the options',
    make: () => call({}, { timeout: 1000 }),
  },
  { sees: 'extraBody belongs into the options', make: () => call({}, { extraBody: { a: 1 } }) },
  {
    sees: 'abortSignal is no option of a call: did you mean signal?',
    make: () => facade({}).chat.completions.create(request, { abortSignal: undefined } as Any),
  },
  {
    sees: 'maxTokens and max_tokens are two spellings of one name',
    make: () => call({}, { maxTokens: 1, max_tokens: 1 }),
  },
  {
    sees: 'messages[0].content must be a text or a list of parts',
    make: () => call({ validate: validateRequest }, { messages: [{ role: 'user', content: 5 }] }),
  },
  { sees: "400 Invalid 'tools': expected at least one tool", make: () => call({}, { tools: [] }) },
  { sees: 'temperature must be a value of JSON', make: () => call({}, { temperature: Number.NaN }) },
  {
    sees: 'The schema tells no JSON Schema',
    make: () => generateObject(clientFor(), request, { type: 'object' } as Any),
  },
  { sees: 'model is missing', make: () => (chat(clientFor()).user('Hi') as Any).execute() },
  {
    sees: 'is not a function or its return value is not async iterable',
    async make() {
      for await (const _ of createChatCompletion(clientFor(), request) as Any);
    },
  },
  {
    sees: 'stream is not async iterable',
    make: () => collectText(createChatCompletion(clientFor(), request) as Any),
  },
  {
    sees: "Cannot read properties of undefined (reading '0')",
    make: () => (createChatCompletion(clientFor(), request) as Any).choices[0],
  },

  {
    sees: 'Connection failed (ECONNREFUSED)',
    make: () => createChatCompletion(createClient({ baseUrl: 'http://127.0.0.1:59999/v1' }), request),
  },
  {
    sees: 'Connection failed (ENOTFOUND)',
    make: () => call({ fetch: () => Promise.reject(new TypeError('fetch failed', { cause: noSuchHost })) }),
  },
  {
    sees: 'Connection failed',
    make: () => call({ fetch: () => Promise.reject(new TypeError('Failed to fetch')) }),
  },
  {
    sees: '(CORS, mixed content or no network: the console tells)',
    make: () =>
      inPage(() =>
        facade({ fetch: () => Promise.reject(new TypeError('Failed to fetch')), retry: false }).models.list(),
      ),
  },
  {
    sees: 'Redirect refused: baseUrl should be https://api.example',
    make: () =>
      call({
        fetch: async () =>
          new Response(null, { status: 301, headers: { location: 'https://api.example/v1' } }),
      }),
  },
  {
    sees: 'headers took over 20 ms',
    make: () => call({ ...failing({ stall: 'headers' }), policies: [timeout(20)] }),
  },
  { sees: 'idle took over 20 ms', make: () => stream({ ...failing({ stall: 2 }), policies: [timeout(20)] }) },
  {
    sees: 'total took over 20 ms',
    make: () => stream({ ...failing({ stall: 2 }), policies: [timeout({ total: 20 })] }),
  },
  {
    sees: 'The operation was aborted due to timeout',
    make: () => call(failing({ stall: 'headers' }), {}, { signal: AbortSignal.timeout(20) }),
  },
  {
    sees: 'fetch must be a function',
    async make() {
      const { fetch } = globalThis
      Object.assign(globalThis, { fetch: undefined })
      await createChatCompletion(createClient(), request).finally(() => Object.assign(globalThis, { fetch }))
    },
  },

  { sees: '429 Rate limit reached', make: () => call(failing({ status: 429 })) },
  {
    sees: 'An answer of text/html; charset=utf-8 is not a JSON object',
    make: () => call(failing({ garbage: 'html' })),
  },
  {
    sees: 'Expected a stream',
    make: () => stream(failing({ garbage: 'html' })),
  },
  { sees: 'The answer has no choices', make: () => call(answering({ hello: 1 })) },
  { sees: 'The stream ended early', make: () => stream(failing({ cut: 3 })) },
  { sees: 'The connection broke mid-stream', make: () => stream(failing({ reset: 3 })) },
  {
    sees: 'The service broke off: insufficient_system_resource',
    make: () => stream({ fetch: async () => new Response(broken) }),
  },
  {
    sees: 'stream can be read once: see teeStream',
    async make() {
      const answer = streamChatCompletion(clientFor(), request)
      await collectText(answer)
      await collectText(answer)
    },
  },
  { sees: 'Answer over 20 bytes', make: () => call({ maxResponseBytes: 20 }) },
  {
    sees: 'The body cannot be streamed: React Native needs expo/fetch',
    make: () =>
      stream({
        fetch: (async () => ({
          status: 200,
          headers: new Headers(),
          text: async () => '',
        })) as unknown as Fetch,
      }),
  },
  { sees: 'The Response is not as the API promises', make: () => call({ policies: [retry as Any] }) },

  {
    sees: 'The circuit is open',
    async make() {
      const client = clientFor({
        ...failing({ status: 500 }),
        policies: [circuitBreaker({ failureThreshold: 1 })],
      })
      await createChatCompletion(client, request).catch(() => {})
      await createChatCompletion(client, request)
    },
  },
  {
    sees: '1 requests are under way and 0 wait',
    make() {
      const client = clientFor({
        ...failing({ delay: 10 }),
        policies: [concurrencyLimit({ limit: 1, queue: 0 })],
      })
      createChatCompletion(client, request).catch(() => {})
      return createChatCompletion(client, request)
    },
  },
  {
    sees: 'The client is closed',
    make() {
      const llm = facade({ fetch: createFakeFetch() })
      llm.close()
      return llm.models.list()
    },
  },
  {
    sees: 'onRequest failed',
    make: () => {
      const onRequest = () => Promise.reject(new Error('mine'))
      return call({ policies: [interceptors({ onRequest })] })
    },
  },
]
