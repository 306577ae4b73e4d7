import { createStorage } from 'unstorage'
import { expectTypeOf, test } from 'vitest'
import {
  type CacheMode,
  type CacheStore,
  type CallOptions,
  cache,
  cacheApiStore,
  type LLMClientConfig,
  memoryStore,
} from '../../src/index.ts'

test('a store is what platforms and unstorage have', () => {
  expectTypeOf<Storage>().toExtend<CacheStore>()
  expectTypeOf(createStorage()).toExtend<CacheStore>()
  expectTypeOf(memoryStore()).toExtend<CacheStore>()
  expectTypeOf(cacheApiStore('name')).toExtend<CacheStore>()
  expectTypeOf<Map<string, string>>().not.toExtend<CacheStore>()
})

test('a cache is a policy, and decorates any fetch', () => {
  expectTypeOf(cache()(fetch)).toExtend<typeof fetch>()
  cache({ key: ({ url, body }) => [url, body.messages] })
  // @ts-expect-error: a number of milliseconds
  cache({ ttl: '5m' })
})

test('a call says how it uses it', () => {
  expectTypeOf<CallOptions['cache']>().toEqualTypeOf<CacheMode | undefined>()
  expectTypeOf<CacheMode>().toEqualTypeOf<'bypass' | 'refresh'>()
  expectTypeOf(cache({ ttl: 1000 })).toExtend<LLMClientConfig['cache']>()
  // @ts-expect-error a slot takes the policy, not its options
  const config: LLMClientConfig = { cache: { ttl: 1000 } }
  void config
})
