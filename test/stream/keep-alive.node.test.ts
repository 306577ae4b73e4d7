import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { it } from 'vitest'
import { startFakeServer } from '../../src/testing/server.ts'
import { until } from '../support/frames.ts'

const worker = (service: string, root: string) => `
import { createClient, streamChatCompletion, toSSEResponse } from ${JSON.stringify(root)}

const client = createClient({ baseUrl: ${JSON.stringify(service)} })

export default {
  fetch() {
    const question = { model: 'fake-small', messages: [{ role: 'user', content: 'Hi' }] }
    return toSSEResponse(streamChatCompletion(client, question), { keepAlive: 100 })
  },
}`

// workerd learns that a reader has left only when it writes.
it('ends the request of a reader who leaves a Worker while the service is silent', async () => {
  await using service = await startFakeServer({ faults: { stall: 3 } })
  const root = fileURLToPath(new URL('../../src/index.ts', import.meta.url))
  const { outputFiles } = await build({
    stdin: { contents: worker(service.baseUrl, root), resolveDir: process.cwd() },
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    write: false,
  })
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: 'ESModule', path: 'worker.mjs', contents: outputFiles[0]!.text }],
      compatibilityDate: '2025-06-01',
      host: '127.0.0.1',
      port: 0,
    }),
  )
  try {
    const leave = new AbortController()
    const response = await fetch(await miniflare.ready, { signal: leave.signal })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('keep-alive')) text += (await reader.read()).value
    await until(() => service.openRequests === 1)
    leave.abort()
    await until(() => service.openRequests === 0)
  } finally {
    await miniflare.dispose()
  }
}, 60_000)
