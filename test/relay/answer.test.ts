import { describe, expect, it } from 'vitest'
import type { RelayOptions, RelayUse } from '../../src/relay/index.ts'
import { until } from '../support/frames.ts'
import { APP, question, relayOf, type User, visit } from './harness.ts'

const url = `${APP}/v1/audio/speech`

/** A relay before a service that speaks: it has sent three bytes, and sends more or ends when it is told to. */
function speaking(options: Partial<RelayOptions<User>> = {}) {
  const uses: RelayUse[] = []
  let source!: ReadableStreamDefaultController<Uint8Array>
  let isCancelled = false
  const fetch = async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        source = controller
        controller.enqueue(new Uint8Array([1, 255, 0]))
      },
      cancel() {
        isCancelled = true
      },
    })
    return new Response(body, { headers: { 'content-type': 'audio/mpeg' } })
  }
  const { handle } = relayOf({ fetch, paths: ['/audio/speech'], onUse: use => uses.push(use), ...options })
  return {
    uses,
    ask: () => handle(visit(question, { url })),
    end: () => source.close(),
    isCancelled: () => isCancelled,
  }
}

describe('an answer of bytes', () => {
  it('holds its place to its end', async () => {
    const { ask, end, uses } = speaking({ limits: { concurrent: 1 } })
    const first = await ask()
    expect((await ask()).status).toBe(429)
    end()
    expect([...new Uint8Array(await first.arrayBuffer())]).toEqual([1, 255, 0])
    await until(() => uses.length === 1)
    expect(uses).toMatchObject([{ outcome: 'complete', status: 200 }])
    expect((await ask()).status).toBe(200)
  })

  it('ends its request with its reader', async () => {
    const { ask, uses, isCancelled } = speaking()
    const reader = (await ask()).body!.getReader()
    await reader.read()
    await reader.cancel()
    expect(isCancelled()).toBe(true)
    expect(uses).toMatchObject([{ outcome: 'left' }])
  })

  it('ends with an error where the service falls silent', async () => {
    const { ask, uses, isCancelled } = speaking({ maxSilence: 20 })
    await expect((await ask()).arrayBuffer()).rejects.toThrow()
    expect(isCancelled()).toBe(true)
    expect(uses).toMatchObject([{ outcome: 'failed' }])
  })
})
