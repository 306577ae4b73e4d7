import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createChatCompletion, createClient } from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/fake-fetch.ts'
import { root } from '../package/built.ts'

interface Service {
  readonly name: string
  readonly baseUrl: string
}

/** The services of a page's table: a name, perhaps with a link, then the address. */
function servicesOf(page: string): readonly Service[] {
  const table = /^\| service .*\| `baseUrl`.*\n((?:\|.*\n)+)/m.exec(readFileSync(join(root, page), 'utf8'))
  if (!table) throw new Error(`${page} has no table of services`)
  return [...table[1]!.matchAll(/^\| \[?([\w. ]+?)(?:\]\([^)]*\))? +\| `([^`]+)`/gm)].map(
    ([, name, baseUrl]) => ({ name: name!, baseUrl: baseUrl! }),
  )
}

const services = servicesOf('docs/services.md')

describe('the services', () => {
  it('are all read', () => {
    expect(services.length).toBeGreaterThanOrEqual(17)
  })

  it.each(services)('are asked at their address: $name', async ({ baseUrl }) => {
    const fetch = createFakeFetch()
    const client = createClient({ baseUrl, fetch })
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    await createChatCompletion(client, { model: 'fake-small', messages })
    expect(fetch.requests.map(({ url }) => url)).toEqual([`${baseUrl}/chat/completions`])
  })

  it('have one address on both pages', () => {
    const shown = servicesOf('README.md')
    expect(shown.length).toBeGreaterThan(5)
    expect(services).toEqual(expect.arrayContaining([...shown]))
  })
})
