// A relay in a process of its own: node relay-process.ts <redis url> <service url> <lease>. It prints its address.

import { Redis } from 'ioredis'
import { redisStreams, relay } from '../../src/relay/index.ts'
import { authorize, KEY } from './harness.ts'
import { serve } from './serve.ts'

const [redis, baseUrl, lease] = process.argv.slice(2) as [string, string, string]
const streams = redisStreams(new Redis(redis), { lease: Number(lease), poll: 100 })
const { url } = await serve(relay({ baseUrl, apiKey: KEY, authorize, models: ['fake-small'], streams }))
console.log(url)
