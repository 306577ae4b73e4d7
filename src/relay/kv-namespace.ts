/** What is used of a namespace of Workers KV: `KVNamespace` of Workers' types fits. */
export interface KvNamespace {
  get(key: string): Promise<string | null>
  put(
    key: string,
    value: string,
    options?: { readonly expirationTtl?: number; readonly metadata?: unknown },
  ): Promise<void>
  delete(key: string): Promise<void>
  list(options: { readonly prefix: string; readonly cursor?: string | null }): Promise<{
    readonly keys: readonly { readonly name: string; readonly metadata?: unknown }[]
    readonly list_complete: boolean
    readonly cursor?: string
  }>
}

/** KV keeps nothing for less than so many seconds. https://developers.cloudflare.com/kv/api/write-key-value-pairs/#expiring-keys */
export const MIN_TTL = 60
