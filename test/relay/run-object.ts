import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import type { StreamStore } from '../../src/relay/index.ts'
import { KEY } from './harness.ts'

/** The relay of `object-worker.ts` in workerd. */
export interface RunningObject {
  readonly url: string
  /** A store in an object of this name; each set of options is another view of it. */
  store(name: string, options: object): StreamStore
  /** Counts in the object of this name. */
  add(name: string, key: string, amount: number, ttl: number): Promise<number>
  close(): Promise<void>
}

/** The Worker as one module, as it is deployed. */
export async function bundleObject(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('object-worker.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*'],
    logLevel: 'error',
    write: false,
  })
  return outputFiles[0]!.text
}

/**
 * Runs the Worker in workerd, as of a date from which an object goes on without a visitor.
 *
 * @param persist a folder for what the objects store
 */
export async function runObject(
  script: string,
  service: string,
  options: object = {},
  persist?: string,
): Promise<RunningObject> {
  const worker = new Miniflare({
    ...convertV4MiniflareOptions({
      port: 0,
      script,
      modules: true,
      compatibilityDate: '2026-10-01',
      durableObjects: {
        RELAY: { className: 'TestRelay', useSQLite: true },
        STORE: { className: 'TestStore', useSQLite: true },
      },
      bindings: { SERVICE: service, KEY, OPTIONS: JSON.stringify(options) },
    }),
    ...(persist !== undefined && { resourcePersistencePath: persist }),
  })
  const { origin: url } = await worker.ready

  async function call(
    name: string,
    options: object,
    method: string,
    args: unknown[],
    signal?: AbortSignal,
  ): Promise<never> {
    const body = JSON.stringify({ options: JSON.stringify(options), method, args })
    const response = await fetch(`${url}/store?name=${name}`, {
      method: 'POST',
      body,
      signal: signal ?? null,
    })
    const { value } = (await response.json()) as { value: never }
    return value
  }

  return {
    url,
    add: (name, key, amount, ttl) => call(name, {}, 'quota', [key, amount, ttl]),
    store: (name, options) => ({
      create: (id, mark) => call(name, options, 'create', [id, mark]),
      append: (id, from, events) => call(name, options, 'append', [id, from, events]),
      close: (id, error, from) => call(name, options, 'close', [id, error ?? null, from ?? null]),
      read: (id, after, signal) => call(name, options, 'read', [id, after], signal),
    }),
    close: () => worker.dispose(),
  }
}
