import { describe, expect, it, vi } from 'vitest'
import { APP, CHAT, canForge, errorOf, question, relayOf, visit } from './harness.ts'

const from = (origin: string, more: object = {}) => visit(question, { headers: { origin, ...more } })

describe.runIf(canForge)('the origins of a relay', () => {
  it('are the only pages that it answers', async () => {
    const { handle, service } = relayOf({ origins: [APP] })
    const response = await handle(from(APP))
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-origin')).toBe(APP)
    expect(response.headers.get('access-control-allow-credentials')).toBe('true')
    expect(response.headers.get('vary')).toBe('origin')
    expect(response.headers.get('access-control-expose-headers')).toContain('retry-after')
    for (const origin of [
      'https://evil.test',
      'null',
      '',
      'http://app.test',
      'https://app.test.evil.test',
      'https://app.test:8443',
    ]) {
      const refused = await handle(from(origin))
      expect(await errorOf(refused), origin).toMatchObject({ status: 403, code: 'origin_not_allowed' })
      expect(refused.headers.has('access-control-allow-origin')).toBe(false)
    }
    expect(service.requests).toHaveLength(1)
  })

  it('are none by default: not even a page of the host that was asked, as a name can be made to point anywhere', async () => {
    const { handle } = relayOf()
    expect((await handle(from(APP))).status).toBe(403)
    const rebound = visit(question, {
      url: 'http://evil.test:8787/v1/chat/completions',
      headers: { origin: 'http://evil.test:8787' },
    })
    expect((await relayOf({ origins: [APP] }).handle(rebound)).status).toBe(403)
  })

  it('may be all, without cookies', async () => {
    const { handle } = relayOf({ origins: ['*'] })
    const { status, headers } = await handle(from('https://any.test'))
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, 'https://any.test'])
    expect(headers.has('access-control-allow-credentials')).toBe(false)
  })

  it('are held where no preflight was sent, and before anybody is asked who it is', async () => {
    const asked = vi.fn(() => ({ id: 'anna' }))
    const { handle } = relayOf({ origins: [APP], authorize: asked })
    expect((await handle(from('https://evil.test', { 'content-type': 'text/plain' }))).status).toBe(403)
    expect(asked).not.toHaveBeenCalled()
  })

  it('do not matter to programs, and an image of another site is none', async () => {
    const { handle } = relayOf({ origins: [APP] })
    expect((await handle(visit())).status).toBe(200)
    expect((await handle(visit(question, { headers: { 'sec-fetch-site': 'cross-site' } }))).status).toBe(403)
  })

  it('get an answer to a preflight, with what they want to send', async () => {
    const { handle, service } = relayOf({ origins: [APP] })
    const wanted = 'authorization, content-type, idempotency-key, last-event-id, x-stainless-lang'
    const preflight = (origin: string, asked = wanted) =>
      handle(
        new Request(CHAT, {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-headers': asked },
        }),
      )
    const { status, headers } = await preflight(APP)
    expect([status, headers.get('access-control-allow-headers')]).toEqual([204, wanted])
    expect(headers.get('access-control-allow-methods')).toBe('GET, POST, DELETE')
    expect((await preflight('https://evil.test')).status).toBe(403)
    expect((await preflight(APP, 'a"<b>')).headers.get('access-control-allow-headers')).toBe('')
    expect(service.requests).toHaveLength(0)
  })

  it('can read what an error says', async () => {
    const { handle } = relayOf({ origins: [APP] })
    const response = await handle(visit({ ...question, n: 9 }, { headers: { origin: APP } }))
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([400, APP])
  })
})
