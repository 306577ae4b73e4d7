import { equal, fail, getWeather, model, ok, question, rejection, user } from './tools.mjs'

/** Calls that go well, and what is sent for them. */
export const calls = {
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
}
