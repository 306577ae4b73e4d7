import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Redis } from 'ioredis'

/** A Redis over HTTP, as Upstash has it: one command a request, as a JSON list. */
export interface RedisOverHttp {
  readonly url: string
  readonly token: string
  readonly requests: number
  close(): Promise<void>
}

/** Puts HTTP before a real Redis. */
export async function startRedisOverHttp(redis: Redis): Promise<RedisOverHttp> {
  const token = 'upstash-token'
  let requests = 0
  const server = createServer(async (request, response) => {
    requests++
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.headers.authorization !== `Bearer ${token}`)
      return answer(401, { error: 'WRONGPASS invalid token' })
    try {
      const [name, ...args] = JSON.parse(text) as [string, ...string[]]
      answer(200, { result: await redis.call(name, ...args) })
    } catch (error) {
      answer(400, { error: `${(error as Error).message}` })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    get requests() {
      return requests
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
