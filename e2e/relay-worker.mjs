// A Worker that holds the key and passes a stream on to pages of any origin. LAB is the service's address.

import { createClient, streamChatCompletion, toSSEResponse } from 'llmfetch'

const cors = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'content-type' }

export default {
  async fetch(request, env) {
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: cors })
    const baseUrl = env.LAB + new URL(request.url).pathname.replace(/\/chat\/completions$/, '')
    const client = createClient({ baseUrl, apiKey: 'sk-of-the-worker' })
    const { stream, ...body } = await request.json()
    const options = { signal: request.signal }
    return toSSEResponse(streamChatCompletion(client, body, options), { headers: cors })
  },
}
