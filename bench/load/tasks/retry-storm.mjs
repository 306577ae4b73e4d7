import { createClient, retry, streamChatCompletion } from '../../../dist/index.js'

const request = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }

/** Callers who all meet an outage. */
export default async function retryStorm({ origin, callers, times }) {
  const policies = [retry({ initialDelay: 5 })]
  const client = createClient({ baseUrl: `${origin}/status/503/v1`, policies })
  const call = async () => {
    for (let time = 0; time < times; time++)
      try {
        for await (const _ of streamChatCompletion(client, request));
      } catch {
        // The outage.
      }
  }
  await Promise.all(Array.from({ length: callers }, call))
  return {}
}
