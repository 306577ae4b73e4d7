import {
  type ChatCompletionRequest,
  type Client,
  type ClientConfig,
  createClient,
  type Fetch,
} from '../../src/index.ts'

/** A key that no answer has by chance. */
export const KEY = 'sk-test-Zq8vT3nW5xY7aB9c'
export const BASE = 'https://api.test/v1'

/** Its own faults are stepped around by name: what it does with header names, and with a body that broke. */
export const isWorkerd: boolean = globalThis.navigator?.userAgent === 'Cloudflare-Workers'

export const chatRequest: ChatCompletionRequest = {
  model: 'fake-small',
  messages: [{ role: 'user', content: 'Say hello to Ada' }],
}

/** The wire's JSON of a short completion. */
export const completion: object = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'fake-small',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
}

/** A JSON answer. */
export function json(body: unknown, init: ResponseInit = {}): Response {
  const headers = new Headers(init.headers)
  if (!headers.has('content-type')) headers.set('content-type', 'application/json')
  return new Response(JSON.stringify(body), { ...init, headers })
}

/** A client whose requests `fetch` answers; its key comes from a function, which pages may have too. */
export function clientOf(fetch: Fetch, config: ClientConfig = {}): Client {
  return createClient({ baseUrl: BASE, apiKey: () => KEY, ...config, fetch })
}

/** What a promise rejects with, or a function throws. */
// biome-ignore lint/suspicious/noExplicitAny: each test knows the error that it looks at
export async function failureOf(work: (() => unknown) | PromiseLike<unknown>): Promise<any> {
  let value: unknown
  try {
    value = await (typeof work === 'function' ? work() : work)
  } catch (error) {
    return error
  }
  throw new Error(`It did not fail, but gave ${JSON.stringify(value)}`)
}

/** A promise and its ends. */
export function deferred<T = void>(): {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (reason: unknown) => void
} {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** Lets what is ready to run do so. */
export async function settle(rounds = 20): Promise<void> {
  for (let i = 0; i < rounds; i++) await Promise.resolve()
}

/** A controller, and how many listeners its signal has. */
export function counted(): { controller: AbortController; listeners: () => number } {
  const controller = new AbortController()
  return { controller, listeners: countListeners(controller.signal) }
}

/** Counts the listeners of a signal from here on. */
export function countListeners(signal: AbortSignal): () => number {
  const listeners = new Set<unknown>()
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  // biome-ignore lint/suspicious/noExplicitAny: passes on whatever it gets
  signal.addEventListener = (type: string, listener: any, options?: any) => {
    listeners.add(listener)
    add(type, listener, options)
  }
  // biome-ignore lint/suspicious/noExplicitAny: passes on whatever it gets
  signal.removeEventListener = (type: string, listener: any) => {
    listeners.delete(listener)
    remove(type, listener)
  }
  return () => listeners.size
}
