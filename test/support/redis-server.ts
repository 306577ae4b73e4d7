import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'

export interface RedisServer {
  readonly url: string
  close(): Promise<void>
}

/** Where `redis-server` is, if it is installed. */
export function findRedis(): string | undefined {
  const folders = `${process.env.PATH}${delimiter}/usr/bin`.split(delimiter)
  return folders.map(folder => join(folder, 'redis-server')).find(path => existsSync(path))
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** A Redis of this test's own: on loopback, in memory, ended with the test. */
export async function startRedis(command: string): Promise<RedisServer> {
  const port = await freePort()
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const server = spawn(command, options, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<void>(resolve => server.on('close', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    let output = ''
    const read = (chunk: Buffer) => {
      output += chunk
      if (output.includes('Ready to accept connections')) resolve()
    }
    server.stdout.on('data', read)
    server.stderr.on('data', read)
    server.on('error', reject)
    server.on('close', () => reject(new Error(`redis-server ended: ${output}`)))
  })
  return {
    url: `redis://127.0.0.1:${port}`,
    async close() {
      server.kill()
      await ended
    },
  }
}
