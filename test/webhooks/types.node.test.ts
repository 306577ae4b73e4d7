import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readDescription, refName } from '../../generator/description.ts'

const { webhooks, components } = readDescription()
const source = readFileSync(join(import.meta.dirname, '../../src/webhooks/types.ts'), 'utf8')

describe('the union of events', () => {
  it('has the types and the members of the description’s sixteen', () => {
    const described = Object.values(webhooks).map(({ post }) => {
      const { $ref } = post.requestBody!.content['application/json']!.schema!
      const { type, data } = components.schemas[refName($ref!)]!.properties!
      return [type!.enum![0], Object.keys(data!.properties!).sort()]
    })
    const members: { readonly [name: string]: readonly string[] } = {
      Named: ['id'],
      'Incoming & { readonly sessionId: string }': ['session_id', 'sip_headers'],
      'Incoming & { readonly callId: string }': ['call_id', 'sip_headers'],
    }
    const written = Array.from(source.matchAll(/EventOf<'([\w.]+)', ([^>]+)>/g), ([, type, data]) => [
      type,
      members[data!],
    ])
    expect(written).toHaveLength(16)
    expect(written).toEqual(described)
  })
})
