import { type Client, createClient, type Fetch, type FetchInit } from '../../src/index.ts'
import { memoryQuota, type RelayHandler, type RelayOptions, relay } from '../../src/relay/index.ts'
import { createFakeFetch, type FakeFetch, type FakeModelOptions } from '../../src/testing/index.ts'

/** The account's key: no visitor may ever see it. */
export const KEY = 'sk-account-Zq8vT3nW5xY7aB9c'
export const BASE = 'https://api.test/v1'
export const APP = 'https://app.test'
export const CHAT: string = `${APP}/api/v1/chat/completions`

/** A user by the token that the page shows. */
export interface User {
  readonly id: string
}

/** Anna, Bob and whoever shows their name. */
export function authorize(request: Request): User | null {
  const name = /^Bearer user-(.+)$/.exec(request.headers.get('authorization') ?? '')?.[1]
  return name ? { id: name } : null
}

/** A relay before the fake model, with all that a visitor needs. */
export function relayOf(
  options: Partial<RelayOptions<User>> = {},
  model: FakeModelOptions = {},
): { handle: RelayHandler; service: FakeFetch; errors: unknown[] } {
  const service = createFakeFetch(model)
  const errors: unknown[] = []
  const handle = relay<User>({
    baseUrl: BASE,
    apiKey: KEY,
    fetch: service,
    authorize,
    models: ['fake-small'],
    quota: memoryQuota(),
    onError: error => errors.push(error),
    ...options,
  })
  return { handle, service, errors }
}

export const question: { model: string; messages: { role: string; content: string }[] } = {
  model: 'fake-small',
  messages: [{ role: 'user', content: 'Say hello to Ada' }],
}

/** A visitor's request. */
export function visit(
  body: unknown = question,
  { user = 'anna', url = CHAT, ...init }: RequestInit & { user?: string; url?: string } = {},
): Request {
  const headers = new Headers(init.headers)
  if (user && !headers.has('authorization')) headers.set('authorization', `Bearer user-${user}`)
  const method = init.method ?? 'POST'
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return new Request(url, { ...init, method, headers, ...(method === 'POST' && { body: text }) })
}

/** The error that an answer tells of. */
export async function errorOf(
  response: Response,
): Promise<{ status: number; code: string; message: string; type: string; param: string | null }> {
  const { error } = await response.json()
  return { status: response.status, ...error }
}

/** The fetch that reaches a handler as if by the network. */
export function fetchOf(handle: RelayHandler): Fetch {
  return async (url: string, { call, ...init }: FetchInit) => handle(new Request(url, init))
}

/** The page's client. */
export function pageClient(handle: RelayHandler, user = 'anna'): Client {
  return createClient({ baseUrl: `${APP}/api/v1`, apiKey: () => `user-${user}`, fetch: fetchOf(handle) })
}

/** The data of each event of a stream's text. */
export function dataOf(text: string): string[] {
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => data!)
}

/** Whether a `Request` takes headers that a page may not set, as one does that a server was sent. */
export const canForge: boolean = new Request(APP, { headers: { origin: APP } }).headers.has('origin')
if (!canForge) console.warn("SKIPPED what needs a server's Request: a page's has no origin of its own")
