import { describe, expect, it } from 'vitest'
import { createLogWriter } from '../../src/relay/log-writer.ts'
import { deferred, settle } from '../client/harness.ts'

describe('the writer of a log', () => {
  it.each(Array.from({ length: 12 }, (_, turns) => turns))(
    'loses no event that comes %i turns after the store has taken the one before',
    async turns => {
      const log: string[] = []
      const first = deferred()
      const store = {
        create: async () => undefined,
        async append(_: string, __: number, events: readonly string[]) {
          if (!log.length) await first.promise
          log.push(...events)
          return true
        },
        async close() {
          log.push('closed')
        },
        read: async () => undefined,
      }
      const writer = createLogWriter(store, 'a', () => {})
      void writer.write(['one'])
      first.resolve()
      await settle(turns)
      void writer.write(['two'])
      await writer.close()
      expect(log).toEqual(['one', 'two', 'closed'])
    },
  )
})
