/** Counts what users use. Each method must be atomic: two requests at once must not both take the last place. */
export interface QuotaStore {
  /** Adds to a counter, which is forgotten `ttl` milliseconds after its first use, and returns the sum. */
  add(key: string, amount: number, ttl: number): Promise<number>
  /** Takes one of `limit` places for `id`, or renews it, for `ttl` milliseconds. Returns false where all are taken. */
  hold(key: string, id: string, limit: number, ttl: number): Promise<boolean>
  /** Gives a place back. */
  release(key: string, id: string): Promise<void>
}

/** A {@link QuotaStore} with what a relay does with it; `quotaStore` makes one. */
export interface RelayQuota extends QuotaStore {
  /** What a relay does with the store: who counts nothing does not ship it. @internal */
  readonly reserve: object
}
