import { afterEach, describe, expect, it, vi } from 'vitest'
import { AuthenticationError, ConnectionError, collectText, type Fetch, LLMClient } from '../../src/index.ts'
import { BASE, chatRequest, failureOf, json } from '../client/harness.ts'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
})

const refusing: Fetch = async () => json({ error: { message: 'Who are you?' } }, { status: 401 })
const unreachable: Fetch = () => Promise.reject(new TypeError('Failed to fetch'))

/** What a call and a stream of a client fail with. */
async function failures(config: object): Promise<Error[]> {
  vi.stubEnv('LLM_API_KEY', '')
  const client = new LLMClient({ baseUrl: BASE, retry: false, ...config })
  const { completions } = client.chat
  return Promise.all([
    failureOf(completions.create(chatRequest)),
    failureOf(collectText(completions.stream(chatRequest))),
  ])
}

describe('a 401', () => {
  it('says that no key was set, where none was', async () => {
    for (const error of await failures({ fetch: refusing })) {
      expect(error).toBeInstanceOf(AuthenticationError)
      expect(error.message).toBe(
        'POST api.test/v1/chat/completions: 401 Who are you? (no apiKey was set, nor LLM_API_KEY)',
      )
    }
  })

  it.each([
    { apiKey: () => 'wrong' },
    { accessToken: 'wrong' },
    { headers: { Authorization: 'Basic wrong' }, allowBrowserKey: true },
    { headers: { 'api-key': 'wrong' }, allowBrowserKey: true },
  ])('does not where one was: %j', async config => {
    for (const { message } of await failures({ fetch: refusing, ...config }))
      expect(message).toBe('POST api.test/v1/chat/completions: 401 Who are you?')
  })
})

describe('a failed connection', () => {
  it('says in a page what a page is not told', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Mozilla/5.0' })
    for (const error of await failures({ fetch: unreachable, apiKey: () => 'key' })) {
      expect(error).toBeInstanceOf(ConnectionError)
      expect(error.message).toBe(
        'POST api.test/v1/chat/completions: Connection failed (CORS, mixed content or no network: the console tells)',
      )
    }
  })

  it('says no such thing elsewhere, nor where the system has said why', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Node.js/24' })
    for (const { message } of await failures({ fetch: unreachable })) expect(message).toMatch(/failed$/)
    vi.stubGlobal('navigator', { userAgent: 'Mozilla/5.0' })
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
    for (const { message } of await failures({ fetch: () => Promise.reject(refused) }))
      expect(message).toMatch(/failed \(ECONNREFUSED\)$/)
  })
})
