import { concurrencyLimit, createClient, streamChatCompletion } from '../../../dist/index.js'

const request = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }

/** More callers than there are places. */
export default async function limiter({ origin, callers, limit }) {
  const order = []
  const note = next => (url, init) => {
    order.push(Number(new URL(url).searchParams.get('caller')))
    return next(url, init)
  }
  const client = createClient({
    baseUrl: `${origin}/busy/5/v1`,
    policies: [concurrencyLimit({ limit }), note],
  })
  const call = async (_, caller) => {
    for await (const _ of streamChatCompletion(client, request, { query: { caller } }));
  }
  await Promise.all(Array.from({ length: callers }, call))
  return { isFair: order.length === callers && order.every((caller, place) => caller === place) }
}
