import { equal, gone, ok, question, rejection } from './tools.mjs'

/** Calls that are refused, sent again or given up. */
export const failures = {
  async 'a refusal is a typed error'({ api, service }) {
    const body = { error: { message: 'Bad key sk-e2e', type: 'auth', code: 'invalid_api_key', param: null } }
    const { client } = service({ status: 401, body }, { status: 429, headers: { 'retry-after': '7' } })
    const refused = await rejection(api.createChatCompletion(client, question), api.AuthenticationError)
    equal([refused.code, refused.type, refused.retryable], ['invalid_api_key', 'auth', false])
    // The address itself holds the faults that are asked for.
    const told = `${refused.stack}${JSON.stringify(refused)}`.replaceAll(
      refused.url.replace(/^\w+:\/\//, ''),
      '',
    )
    ok(!told.includes('sk-e2e'), 'the key is blotted out')
    const limited = await rejection(
      api.createChatCompletion(client, { ...question, stop: ['x'] }),
      api.RateLimitError,
    )
    equal([limited.retryAfter, limited.retryable, api.isLLMError(limited)], [7000, true, true])
  },

  async 'a retry after 503'({ api, service }) {
    const { client, seen } = service.with({ policies: [api.retry({ initialDelay: 5 })] })({ status: 503 })
    const { attempts, data } = await api.createChatCompletion(client, question).withResponse()
    equal([attempts, data.choices[0].finishReason], [2, 'stop'])
    const { requests } = await seen()
    equal(requests[0].body, requests[1].body, 'the second body')
  },

  async 'a time limit, before and within a stream'({ api, service }) {
    const limits = { headers: 1500, idle: 1000 }
    const { client, seen } = service.with({ policies: [api.timeout(limits)] })(
      { stall: 'headers' },
      { stall: 3 },
    )
    const first = await rejection(api.createChatCompletion(client, question), api.TimeoutError)
    equal([first.phase, first.retryable], ['headers', true])
    const second = await rejection(
      api.finalCompletion(api.streamChatCompletion(client, question)),
      api.TimeoutError,
    )
    equal([second.phase, typeof second.partial.choices[0].message.content], ['idle', 'string'])
    return gone(seen, Date.now(), 1)
  },

  async 'a redirect is refused'({ api, service }) {
    const headers = { location: 'http://127.0.0.1:9/elsewhere' }
    const { client, seen } = service({ status: 307, headers })
    await rejection(api.createChatCompletion(client, question), api.ProtocolError)
    equal((await seen()).requests.length, 1, 'requests')
  },
}
