import { memoryQuota } from './memory-quota.ts'
import type { ObjectStorage } from './object-state.ts'
import type { RelayQuota } from './quota-store.ts'

/** Counters that are forgotten sooner are not worth a row that is paid for: an object seldom ends within a minute. */
const WORTH_KEEPING = 600_000

/**
 * Counts in a Durable Object, which is alone in counting for its user. Places and minutes are held in memory; a day's tokens are in a
 * row, as the object may end and begin again.
 */
export function objectQuota({ sql }: ObjectStorage): RelayQuota {
  const memory = memoryQuota()
  sql.exec('CREATE TABLE IF NOT EXISTS llmfetch_quota (key TEXT PRIMARY KEY, sum INTEGER, expires INTEGER)')
  return {
    ...memory,
    async add(key, amount, ttl) {
      if (ttl < WORTH_KEEPING) return memory.add(key, amount, ttl)
      const now = Date.now()
      sql.exec('DELETE FROM llmfetch_quota WHERE expires <= ?', now)
      const [row] = sql
        .exec(
          'INSERT INTO llmfetch_quota VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET sum = sum + excluded.sum RETURNING sum',
          key,
          amount,
          now + ttl,
        )
        .toArray()
      return row.sum
    },
  }
}
