// What must hold in every engine, written once. It knows no engine: an adapter hands it the package and the addresses.

const model = 'fake-small'
const user = content => ({ role: 'user', content })
const ask = content => ({ model, messages: [user(content)] })
const question = ask('Why is the sky over Zürich blue? 🌍')

const getWeather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { cityName: { type: 'string' } }, required: ['cityName'] },
  },
}

function fail(message) {
  throw new Error(message)
}

function equal(actual, expected, what = 'value') {
  const [is, should] = [actual, expected].map(value => JSON.stringify(value) ?? String(value))
  if (is !== should) fail(`${what}: ${is} where ${should} was expected`)
}

function ok(value, what) {
  if (!value) fail(`not so: ${what}`)
}

/** What a promise is rejected with, which must be of this class. */
async function rejection(promise, type) {
  const error = await promise.then(
    () => fail(`nothing was thrown where ${type.name} was expected`),
    error => error,
  )
  return error instanceof type ? error : fail(`${type.name} was expected: ${error?.stack ?? error}`)
}

async function read(stream) {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

/**
 * The tests by name, each a function of what it may use: `api`, the package; `service(...faults)`, a service of the test's own
 * with what goes wrong with its requests in turn; `isPage`, whether CORS is in force. A text that one returns is a figure to show.
 */
export const tests = {
  async 'a plain call'({ api, service }) {
    const { client, seen } = service()
    const request = { ...question, maxTokens: 500, metadata: { userId: '7' } }
    const { data, status, attempts, requestId } = await api
      .createChatCompletion(client, request)
      .withResponse()
    equal([status, attempts, typeof requestId], [200, 1, 'string'])
    const [{ message, finishReason }] = data.choices
    ok(message.content.includes('Zürich blue? 🌍'), 'the answer repeats the question')
    equal(finishReason, 'stop')
    ok(data.usage.totalTokens > data.usage.promptTokens, 'tokens are counted')
    const [{ body }] = (await seen()).requests
    equal(JSON.parse(body), { ...question, max_tokens: 500, metadata: { userId: '7' } }, 'the body sent')
  },

  async 'only the headers that the API needs'({ api, service, isPage }) {
    const { client, seen } = service()
    await api.createChatCompletion(client, question)
    const { requests, preflights } = await seen()
    const { authorization, accept, 'content-type': type } = requests[0].headers
    equal([authorization, accept, type], ['Bearer sk-e2e', 'application/json', 'application/json'])
    const own = Object.keys(requests[0].headers).filter(name => /^(x-|idempotency)/.test(name))
    equal(own, [], 'further headers')
    equal(
      preflights,
      isPage ? [{ origin: globalThis.origin, headers: ['authorization', 'content-type'] }] : [],
      'preflights',
    )
  },

  async 'a header that the service does not allow'({ api, service, isPage }) {
    const { client, seen } = service()
    const call = api.createChatCompletion(client, question, { headers: { 'x-extra': '1' } })
    if (isPage) await rejection(call, api.ConnectionError)
    else await call
    equal((await seen()).requests.length, isPage ? 0 : 1, 'requests that arrived')
  },

  async 'the builder'({ api, service }) {
    const { client, seen } = service()
    const terse = api.chat(client).model(model).system('Be terse.').temperature(0)
    const [tea, coffee] = await Promise.all(
      ['tea', 'coffee'].map(what => terse.user(`What is ${what}?`).execute()),
    )
    ok(tea.choices[0].message.content.includes('tea'), 'the first branch has its own question')
    ok(coffee.choices[0].message.content.includes('coffee'), 'so has the second')
    equal(JSON.parse((await seen()).requests[0].body).messages.length, 2, 'messages sent')
    const text = await terse.user('What is tea?').stream().collect()
    equal(text, tea.choices[0].message.content, 'the streamed text')
    try {
      terse.temperature(3)
    } catch (error) {
      return equal([error instanceof api.ValidationError, error.issues[0].path], [true, 'temperature'])
    }
    fail('temperature 3 was accepted')
  },

  async 'a stream, read to its end'({ api, service }) {
    const { client, seen } = service()
    const whole = await api.createChatCompletion(client, question)
    const chunks = await read(api.streamChatCompletion(client, question))
    ok(chunks.length > 10, `${chunks.length} chunks are many`)
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
    equal(text, whole.choices[0].message.content, 'the streamed text')
    ok(
      chunks.some(({ choices }) => choices[0]?.finishReason === 'stop'),
      'it says why it ended',
    )
    equal((await seen()).requests[1].headers.accept, 'text/event-stream')
  },

  async 'a stream, folded'({ api, service }) {
    const { client } = service()
    const stream = api.streamChatCompletion(client, { ...question, streamOptions: { includeUsage: true } })
    const { choices, usage } = await api.finalCompletion(stream)
    const whole = await api.createChatCompletion(client, question)
    equal([choices[0].message.content, usage], [whole.choices[0].message.content, whole.usage])
  },

  async 'twenty streams at once'({ api, service }) {
    const { client } = service()
    const asked = Array.from({ length: 20 }, (_, n) => ask(`Tell me of number ${n}, please`))
    const streamed = await Promise.all(
      asked.map(request => api.collectText(api.streamChatCompletion(client, request))),
    )
    for (const [n, text] of streamed.entries()) ok(text.includes(`number ${n},`), `stream ${n} is its own`)
  },

  async 'a stream, aborted'({ api, service, gone }) {
    const { client, seen } = service({ stall: 2 })
    const controller = new AbortController()
    const stream = api.streamChatCompletion(client, question, { signal: controller.signal })
    const chunks = []
    let abortedAt
    const reading = (async () => {
      for await (const chunk of stream) {
        if (chunks.push(chunk) < 2) continue
        abortedAt = Date.now()
        controller.abort(new RangeError('enough'))
      }
    })()
    equal((await rejection(reading, RangeError)).message, 'enough')
    return gone(seen, abortedAt)
  },

  async 'a stream, left by break'({ api, service, gone }) {
    const { client, seen } = service({ stall: 1 })
    for await (const _ of api.streamChatCompletion(client, question)) break
    return gone(seen, Date.now())
  },

  async 'ten streams whose connection the server never closes'({ api, service }) {
    // Six are what a browser opens to one host at most.
    const { client } = service(...Array(10).fill({ lingering: true }))
    for (let n = 0; n < 10; n++)
      ok(
        (await api.collectText(api.streamChatCompletion(client, question))).length > 50,
        `stream ${n} is whole`,
      )
  },

  async 'ten streams that are broken off for what is in them'({ api, service }) {
    const { client } = service(...Array(10).fill({ garbage: true, stall: 3 }))
    for (let n = 0; n < 10; n++)
      await rejection(read(api.streamChatCompletion(client, question)), api.ProtocolError)
  },

  async 'a stream, cut'({ api, service }) {
    const { client } = service({ cut: 4 })
    const error = await rejection(
      api.finalCompletion(api.streamChatCompletion(client, question)),
      api.IncompleteStreamError,
    )
    const { content } = error.partial.choices[0].message
    const whole = await api.createChatCompletion(client, question)
    ok(content && whole.choices[0].message.content.startsWith(content), 'the error has what arrived')
    ok(content.length < whole.choices[0].message.content.length, 'which is not all')
  },

  async 'a stream whose connection breaks'({ api, service }) {
    const { client } = service({ reset: 4 })
    const error = await rejection(
      api.finalCompletion(api.streamChatCompletion(client, question)),
      api.LLMError,
    )
    ok(['ConnectionError', 'IncompleteStreamError'].includes(error.name), `${error.name} says that it broke`)
    return error.name
  },

  async 'a stream that is not JSON'({ api, service }) {
    const { client } = service({ garbage: true })
    await rejection(read(api.streamChatCompletion(client, question)), api.ProtocolError)
  },

  async 'a tool call, there and back'({ api, service }) {
    const { client, seen } = service()
    const messages = [user('What is the weather in Oslo?')]
    const first = await api.createChatCompletion(client, { model, messages, tools: [getWeather] })
    const { message, finishReason } = first.choices[0]
    equal([finishReason, message.toolCalls.length], ['tool_calls', 1])
    const [call] = message.toolCalls
    equal([call.function.name, call.function.arguments], ['get_weather', '{"cityName":"Oslo"}'])
    messages.push(message, { role: 'tool', toolCallId: call.id, content: '{"celsius":-3}' })
    const second = await api.createChatCompletion(client, { model, messages, tools: [getWeather] })
    ok(second.choices[0].message.content.includes('-3'), 'the answer knows the result')
    const sent = JSON.parse((await seen()).requests[1].body)
    equal(sent.tools, [getWeather], 'the tools sent')
    equal(sent.messages[1].tool_calls[0].id, sent.messages[2].tool_call_id)
  },

  async 'a tool call, streamed'({ api, service }) {
    const { client } = service()
    const request = { model, messages: [user('What is the weather in Oslo?')], tools: [getWeather] }
    const calls = await read(api.toolCallStream(api.streamChatCompletion(client, request)))
    equal(
      calls.map(call => call.function.arguments),
      ['{"cityName":"Oslo"}'],
    )
  },

  async embeddings({ api, service }) {
    const { client } = service()
    const input = ['A cat sleeps', 'Rates rise']
    const { data } = await api.createEmbedding(client, { model: 'fake-embed', input, dimensions: 8 })
    equal(
      data.map(({ embedding }) => embedding.length),
      [8, 8],
    )
    ok(
      data.every(({ embedding }) => embedding.every(Number.isFinite)),
      'they are numbers',
    )
  },

  async models({ api, service }) {
    const { client } = service()
    const { data } = await api.listModels(client)
    ok(
      data.some(({ id }) => id === model),
      'the model is listed',
    )
    const { id, ownedBy } = await api.retrieveModel(client, model)
    equal([id, typeof ownedBy], [model, 'string'])
    const error = await rejection(api.retrieveModel(client, 'none/such'), api.NotFoundError)
    equal([error.code, error.status], ['model_not_found', 404])
  },

  async 'a refusal is a typed error'({ api, service }) {
    const body = { error: { message: 'Bad key sk-e2e', type: 'auth', code: 'invalid_api_key', param: null } }
    const { client } = service({ status: 401, body }, { status: 429, headers: { 'retry-after': '7' } })
    const refused = await rejection(api.createChatCompletion(client, question), api.AuthenticationError)
    equal([refused.code, refused.type, refused.retryable], ['invalid_api_key', 'auth', false])
    ok(!`${refused.stack}${JSON.stringify(refused)}`.includes('sk-e2e'), 'the key is blotted out')
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

  async 'a time limit, before and within a stream'({ api, service, gone }) {
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

  async LLMClient({ api, service }) {
    const { baseUrl } = service({ status: 503, headers: { 'retry-after-ms': '1' } })
    const llm = new api.LLMClient({ baseUrl, apiKey: async () => 'sk-e2e' })
    const whole = await llm.chat.completions.create(question)
    const text = await llm.chat.completions.model(model).user(question.messages[0].content).stream().collect()
    equal(text, whole.choices[0].message.content, 'the streamed text')
    const refused = llm.chat.completions.create({ ...question, temperature: 3 })
    await rejection(refused, api.ValidationError)
    llm.close()
    equal((await rejection(llm.models.list(), api.LLMError)).code, 'CLIENT_CLOSED')
  },

  async 'a secret key belongs to no page'({ api, service, isPage }) {
    const { baseUrl } = service()
    const call = async () =>
      api.createChatCompletion(api.createClient({ baseUrl, apiKey: 'sk-e2e' }), question)
    if (isPage) await rejection(call(), api.ConfigurationError)
    else await call()
  },

  async 'a stream through a Worker'({ api, service }) {
    const { client, relayed, seen } = service()
    const whole = await api.createChatCompletion(client, question)
    const text = await api.collectText(api.streamChatCompletion(relayed, question))
    equal(text, whole.choices[0].message.content, 'the relayed text')
    equal((await seen()).requests[1].headers.authorization, 'Bearer sk-of-the-worker')
  },

  async 'a cut stream through a Worker'({ api, service }) {
    const { relayed } = service({ cut: 4 })
    const error = await rejection(
      api.finalCompletion(api.streamChatCompletion(relayed, question)),
      api.LLMError,
    )
    ok(error.partial.choices[0].message.content, 'the error has what arrived')
    return error.name
  },

  async 'a stream through a Worker, aborted'({ api, service, gone }) {
    // A silent one would not do: workerd notices a closed connection only by writing to it.
    const { relayed, seen } = service({ slow: true })
    const stream = api.streamChatCompletion(relayed, question)
    let abortedAt
    const reading = (async () => {
      for await (const _ of stream) {
        abortedAt ??= Date.now()
        stream.abort()
      }
    })()
    await rejection(reading, DOMException)
    return gone(seen, abortedAt)
  },
}

/** Polls, because who disconnects is not told when the other side notices. Returns how long that took. */
async function gone(seen, since, place = 0) {
  const deadline = Date.now() + 20_000
  while (Date.now() < deadline) {
    const { aborted, closedAt } = (await seen()).requests[place]
    if (aborted) return `the server noticed after ${Math.max(0, closedAt - since)} ms`
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  return fail('the server never noticed')
}

/** Makes services of the addresses in `config`, each under an id of its own. */
function services(api, { lab, relay, engine }) {
  let count = 0
  const make =
    (settings = {}) =>
    (...faults) => {
      const id = `${engine}.${++count}`
      const path = `/${id}/${encodeURIComponent(JSON.stringify(faults))}/v1`
      return {
        baseUrl: lab + path,
        client: api.createClient({ baseUrl: lab + path, apiKey: async () => 'sk-e2e', ...settings }),
        relayed: api.createClient({ baseUrl: relay + path }),
        seen: async () => (await fetch(`${lab}/seen/${id}`)).json(),
      }
    }
  return Object.assign(make(), { with: make })
}

/** Runs every test, one after the other. Resolves with a result for each: `{ name, error?, figure?, ms }`. */
export async function runSpec(api, config) {
  const service = services(api, config)
  const results = []
  for (const [name, test] of Object.entries(tests)) {
    const started = Date.now()
    const result = { name }
    let timer
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('it did not end within 30 s')), 30_000)
    })
    try {
      result.figure = await Promise.race([test({ api, service, gone, isPage: config.isPage }), late])
    } catch (error) {
      result.error = `${error?.stack ?? error}`.includes(error?.message) ? `${error.stack}` : `${error}`
    }
    clearTimeout(timer)
    results.push({ ...result, ms: Date.now() - started })
  }
  return results
}
