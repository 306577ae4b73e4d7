// One of several processes that share a cache: node redis-client.mjs <redis url> <service url> <key>
// Asks the service for a completion and for vectors, and prints where each answer came from.

import { cache, createChatCompletion, createClient, createEmbedding } from 'llmfetch'
import { createStorage } from 'unstorage'
import redisDriver from 'unstorage/drivers/redis'

const [redis, baseUrl, apiKey] = process.argv.slice(2)
const store = createStorage({ driver: redisDriver({ url: redis }) })
const onError = error => console.error(error)
const client = createClient({ baseUrl, apiKey, policies: [cache({ store, onError })] })

const completion = await createChatCompletion(client, {
  model: 'fake-small',
  messages: [{ role: 'user', content: 'Say hello to Ada' }],
}).withResponse()
const embedding = await createEmbedding(client, {
  model: 'fake-embed',
  input: ['one', 'two', process.pid.toString()],
}).withResponse()

const sourceOf = ({ headers, attempts }) => [headers.get('x-llmfetch-cache'), attempts]
console.log(
  JSON.stringify({
    text: completion.data.choices[0].message.content,
    sources: [sourceOf(completion), sourceOf(embedding)],
  }),
)
await store.dispose()
