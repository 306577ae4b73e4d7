// The tour's steps. Each `run` throws when it breaks, and returns a text when the service does not support what it shows.
// `hasOwnPath` marks those that ask at a URL which a service may not have at all.

import { setTimeout as sleep } from 'node:timers/promises'
import {
  chat,
  createChatCompletion,
  createClient,
  createEmbedding,
  isLLMError,
  listModels,
  retrieveModel,
  retry,
  streamChatCompletion,
  textStream,
} from 'llmfetch'
import { green, print, red, say } from './terminal.mjs'

const user = content => ({ role: 'user', content })

async function plainCall({ client, model }) {
  const request = { model, messages: [user('Say in one sentence why the sky is blue.')] }
  const { data, status, latencyMs, attempts } = await createChatCompletion(client, request).withResponse()
  const [{ message, finishReason }] = data.choices
  say('answer', green(message.content))
  say('finish', `${finishReason}, ${data.usage?.totalTokens ?? 'unknown'} tokens`)
  say('response', `status ${status} in ${Math.round(latencyMs)} ms, ${attempts} attempt`)
}

async function builder({ client, model }) {
  const terse = chat(client).model(model).system('You answer in at most ten words.')
  const [tea, coffee] = await Promise.all([
    terse.user('What is tea?').execute(),
    terse.user('What is coffee?').execute(),
  ])
  say('tea', green(tea.choices[0].message.content))
  say('coffee', green(coffee.choices[0].message.content))
  try {
    terse.temperature(3)
  } catch (error) {
    say('temperature', `3 is refused at once: ${red(error.message)}`)
  }
}

async function stream({ client, model }) {
  const request = { model, messages: [user('Tell me in three sentences how a river becomes wide.')] }
  const started = performance.now()
  const pieces = await print('text', textStream(streamChatCompletion(client, request)))
  say('pieces', `${pieces} in ${Math.round(performance.now() - started)} ms`)
}

const getWeather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The current weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}

async function functionCalling({ client, model }) {
  const question = user('What is the weather in Oslo now? Use the function.')
  const asked = await createChatCompletion(client, { model, messages: [question], tools: [getWeather] })
  const { message } = asked.choices[0]
  if (!message.toolCalls?.length) return 'the model answered without calling the function'
  const results = message.toolCalls.map(call => {
    const { city } = JSON.parse(call.function.arguments)
    say('call', `${call.function.name}(${JSON.stringify(city)})`)
    return { role: 'tool', toolCallId: call.id, content: JSON.stringify({ city, sky: 'snow', celsius: -3 }) }
  })
  say('result', results.map(({ content }) => content).join(' '))
  const messages = [question, message, ...results]
  const answered = await createChatCompletion(client, { model, messages, tools: [getWeather] })
  say('answer', green(answered.choices[0].message.content))
}

function cosine(a, b) {
  const dot = (x, y) => x.reduce((sum, value, place) => sum + value * y[place], 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

async function embeddings({ client, embeddingModel }) {
  const input = [
    'A cat sleeps on the sofa',
    'The cat is asleep on a sofa',
    'Interest rates rose by a quarter',
  ]
  const { data } = await createEmbedding(client, { model: embeddingModel, input })
  const [cat, sameCat, rates] = data.map(({ embedding }) => embedding)
  say('vectors', `${data.length} of length ${cat.length}`)
  say('similarity', `${cosine(cat, sameCat).toFixed(3)}  "${input[0]}" and "${input[1]}"`)
  say('similarity', `${cosine(cat, rates).toFixed(3)}  "${input[0]}" and "${input[2]}"`)
}

async function models({ client, model }) {
  const { data } = await listModels(client)
  const ids = data.map(({ id }) => id)
  say('models', `${ids.length}: ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''}`)
  const { id, ownedBy } = await retrieveModel(client, model)
  say('one', `${id}, owned by ${ownedBy ?? 'nobody that it tells'}`)
}

async function wrongModel({ client }) {
  try {
    await createChatCompletion(client, { model: 'no-such-model', messages: [user('Hi')] })
  } catch (error) {
    if (!isLLMError(error) || !(error.status < 500)) throw error
    say('class', red(error.name))
    say('says', error.message)
    say('details', `status ${error.status}, code ${error.code}, retryable ${error.retryable}`)
    return
  }
  return 'the service answers whatever the model is called'
}

/** A fetch that meets a service in trouble the first time. */
function troubled(fetch) {
  let calls = 0
  return (url, init) => {
    const trouble = { status: 503, headers: { 'retry-after-ms': '150' } }
    return calls++ ? fetch(url, init) : Response.json({ error: { message: 'Overloaded' } }, trouble)
  }
}

async function retried({ config, model }) {
  const onRetry = ({ attempt, error, delay }) =>
    say(`attempt ${attempt}`, `${red(`${error.name} ${error.status}`)}, again in ${Math.round(delay)} ms`)
  const fetch = troubled((url, init) => globalThis.fetch(url, init))
  const client = createClient({ ...config, fetch, policies: [retry({ onRetry })] })
  const request = { model, messages: [user('Say hello.')] }
  const { data, attempts } = await createChatCompletion(client, request).withResponse()
  say(`attempt ${attempts}`, green(data.choices[0].message.content))
}

async function abortedStream({ client, model, server }) {
  const request = { model, messages: [user('Write a long story about a lighthouse.')] }
  const answer = streamChatCompletion(client, request)
  let pieces = 0
  let aborted = 0
  try {
    for await (const _ of textStream(answer))
      if (++pieces === 5) {
        aborted = performance.now()
        answer.abort()
      }
  } catch (error) {
    if (error.name !== 'AbortError') throw error
    say('thrown', `${red(error.name)} after ${pieces} pieces`)
  }
  if (!aborted) return `the whole answer came in ${pieces} pieces, too few to abort in between`
  if (!server) return
  while (!server.requests.at(-1).aborted) {
    if (performance.now() - aborted > 2000) throw new Error('The server did not notice the abort within 2 s')
    await sleep(1)
  }
  say('server', `noticed it ${Math.round(performance.now() - aborted)} ms later`)
}

export const steps = [
  { title: 'A plain call', shows: 'One request, one answer, and what was around it.', run: plainCall },
  { title: 'The builder', shows: 'A beginning kept and continued twice; a bad value refused.', run: builder },
  { title: 'A stream', shows: 'The text is printed as it arrives.', run: stream },
  {
    title: 'Function calling',
    shows: 'The model asks for a function, gets its result and answers with it.',
    run: functionCalling,
  },
  {
    title: 'Embeddings',
    shows: 'Texts that mean the same lie closer together.',
    hasOwnPath: true,
    run: embeddings,
  },
  { title: 'Models', shows: 'What the service offers.', hasOwnPath: true, run: models },
  { title: 'An error, handled', shows: 'A wrong model gives an error that says so.', run: wrongModel },
  {
    title: 'A retry',
    shows: 'A 503 is put in the way of the first attempt; the second one gets through.',
    run: retried,
  },
  {
    title: 'A stream, aborted',
    shows: 'The caller stops listening, and the service is told.',
    run: abortedStream,
  },
]
