// A Worker for the tests: a relay without an object, whose finished answers and quotas are in KV.

import {
  archivedStreams,
  type KvNamespace,
  kvQuota,
  kvStore,
  memoryStreams,
  type RelayHandler,
  relay,
} from '../../src/relay/index.ts'
import { authorize, type User } from './harness.ts'

interface Env {
  readonly SERVICE: string
  readonly KEY: string
  readonly TOKENS: number
  readonly KV: KvNamespace
}

let handle: RelayHandler | undefined

export default {
  fetch(request: Request, env: Env, context: unknown): Promise<Response> {
    handle ??= relay<User>({
      baseUrl: env.SERVICE,
      apiKey: env.KEY,
      authorize,
      models: ['fake-small'],
      limits: { maxTokens: 500, tokensPerDay: env.TOKENS },
      streams: archivedStreams(memoryStreams(), kvStore(env.KV)),
      quota: kvQuota(env.KV),
    })
    return handle(request, env, context)
  },
}
