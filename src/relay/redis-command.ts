import { toHex } from '../wire/digest.ts'

/**
 * A client of Redis: `ioredis` (`call`), `redis` for Node (`sendCommand`) or Bun's own (`send`). None of them is imported.
 */
export type RedisClient =
  | { call(command: string, ...args: string[]): Promise<unknown> }
  | { sendCommand(args: string[]): Promise<unknown> }
  | { send(command: string, args: string[]): Promise<unknown> }

/** Sends a command, and gives its reply. */
export type RedisCommand = (...args: [string, ...string[]]) => Promise<unknown>

/** Speaks to a client in its own way. */
export function commandOf(client: RedisClient): RedisCommand {
  // ioredis has a `sendCommand` too, which takes something else.
  if ('call' in client) return (name, ...args) => client.call(name, ...args)
  if ('sendCommand' in client) return (...args) => client.sendCommand(args)
  return (name, ...args) => client.send(name, args)
}

/** Where Upstash's REST interface is, or one of its kind. */
export interface UpstashOptions {
  readonly url: string
  readonly token: string
  /** @default the runtime's `fetch` */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** Speaks to a Redis over HTTP, as Upstash has it: for runtimes without sockets. */
export function restCommand({ url, token, fetch: own }: UpstashOptions): RedisCommand {
  return async (...args) => {
    const send = own ?? fetch
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const response = await send(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(args),
      redirect: 'manual',
    })
    const { result, error } = (await response.json().catch(() => ({ error: 'no JSON' }))) as {
      result?: unknown
      error?: string
    }
    if (!response.ok || error !== undefined) throw new Error(`Redis over HTTP: ${response.status} ${error}`)
    return result
  }
}

/** Runs a script of Redis on some keys, by its digest once Redis knows it: the text of it would be most of what is sent. */
export type RunScript = (
  script: string,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>

export function scriptRunner(command: RedisCommand): RunScript {
  const digests = new Map<string, string>()
  return async (script, keys, args) => {
    const given = [`${keys.length}`, ...keys, ...args.map(String)]
    let digest = digests.get(script)
    if (!digest) {
      digest = toHex(await crypto.subtle.digest('SHA-1', new TextEncoder().encode(script)))
      digests.set(script, digest)
    }
    try {
      return await command('EVALSHA', digest, ...given)
    } catch (error) {
      // A Redis that was started anew knows none.
      if (!/NOSCRIPT/.test(`${error}`)) throw error
      return command('EVAL', script, ...given)
    }
  }
}
