import { requestSource } from '../lib/request.mjs'
import { functions, settings } from './llmfetch.mjs'

export default functions(
  'llmfetch, retry + timeout',
  ({ retry, timeout }) => [
    timeout({ total: 600_000 }),
    retry(),
    timeout({ headers: 10_000, firstEvent: 60_000, idle: 60_000 }),
  ],
  {
    call: `
      import { createClient, createChatCompletion, retry, timeout } from 'llmfetch'
      const client = createClient({ ...${settings}, policies: [retry(), timeout(60000)] })
      console.log((await createChatCompletion(client, ${requestSource})).choices[0].message.content)`,
    stream: `
      import { createClient, streamChatCompletion, textStream, retry, timeout } from 'llmfetch'
      const client = createClient({ ...${settings}, policies: [retry(), timeout(60000)] })
      for await (const text of textStream(streamChatCompletion(client, ${requestSource}))) console.log(text)`,
  },
)
