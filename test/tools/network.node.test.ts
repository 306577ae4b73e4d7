// Over real connections, on loopback.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Client,
  createClient,
  retry,
  streamObject,
  streamTools,
  timeout,
  tool,
} from '../../src/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import { Person } from '../output/person.ts'
import { chunk, sse, until } from '../support/frames.ts'

const policies = [retry(), timeout({ headers: 10_000, idle: 10_000 })]
const ask = (content: string) => ({ model: 'fake-small', messages: [{ role: 'user' as const, content }] })

let server: FakeServer
let client: Client
beforeAll(async () => {
  server = await startFakeServer({ chunkDelay: 5 })
  client = createClient({ baseUrl: server.baseUrl, policies })
})
afterAll(() => server?.close())

describe('leaving', () => {
  it('a run in the middle of a text reaches the server', async () => {
    server.reset()
    for await (const _ of streamTools(client, ask('Tell me a story'))) break
    await until(() => server.requests[0]!.aborted)
  })

  it('a run by an abort reaches the server, and the connection of the step before can be used again', async () => {
    server.reset()
    const controller = new AbortController()
    const clock = tool({ name: 'get_time', execute: () => 'noon' })
    const events = streamTools(
      client,
      { ...ask('The time in Rome'), tools: [clock] },
      { signal: controller.signal },
    )
    const read = async () => {
      for await (const event of events) if (event.type === 'text') controller.abort('left')
    }
    await expect(read()).rejects.toBe('left')
    await until(() => server.requests[1]!.aborted)
    expect(server.requests.map(({ aborted }) => aborted)).toEqual([false, true])
  })

  it('an object reaches the server', async () => {
    server.reset()
    for await (const _ of streamObject(client, ask('Ada, 36'), Person)) break
    await until(() => server.requests[0]!.aborted)
  })
})

describe('a slow reader', () => {
  it('slows the server down', async () => {
    const SIZE = 20_000_000
    let sent = 0
    const event = sse(chunk({ content: 'x'.repeat(4000) }))
    function* texts() {
      for (; sent < SIZE; sent += event.length) yield event
    }
    const big = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      Readable.from(texts()).pipe(response)
    })
    big.listen(0, '127.0.0.1')
    await once(big, 'listening')
    const { port } = big.address() as AddressInfo
    const events = streamTools(createClient({ baseUrl: `http://127.0.0.1:${port}`, policies }), ask('Much'))
    await events.next()
    // What the sockets hold is sent; that is all once it does not grow any more.
    for (let before = -1; before !== sent; await new Promise(resolve => setTimeout(resolve, 300)))
      before = sent
    expect(sent).toBeLessThan(SIZE / 2)
    await events.return()
    big.close()
    await once(big, 'close')
  })
})
