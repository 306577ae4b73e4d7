// One question to the model, in one of three ways. Knows no page: it tells an observer what happens.

import { createClient, listModels, retry, streamChatCompletion, timeout } from 'llmfetch'
import { createRecorder } from './recorder.js'
import { chatEvents } from './stand-ins/chat-events.js'
import { streamObject } from './stand-ins/stream-object.js'
import { streamTools } from './stand-ins/stream-tools.js'
import { tools } from './tools.js'

/** The Worker that served this page is the service. It has the key. */
const baseUrl = `${location.origin}/api`

/** The longest waits, in milliseconds, until an answer begins. The longest silence in it is a setting. */
export const LIMITS = { headers: 30_000, firstEvent: 30_000 }

/** The wait before the first retry, in milliseconds. */
export const INITIAL_DELAY = 500

/** The models that may be asked, and what else the Worker tells of itself. */
export async function readOffer() {
  const { data, playground } = await listModels(createClient({ baseUrl }))
  return { models: data.map(({ id }) => id), ...playground }
}

/** A client for one question: its retries and its requests are told to the question's observer. */
function connect({ fault, retries, silence }, observer) {
  const marks = attempt =>
    fault ? { 'x-playground-fault': fault, 'x-playground-attempt': `${attempt}` } : {}
  return createClient({
    baseUrl,
    fetch: createRecorder(marks, observer),
    policies: [
      retry({ maxRetries: retries, initialDelay: INITIAL_DELAY, onRetry: failed => observer.onWait(failed) }),
      timeout({ ...LIMITS, idle: silence }),
    ],
  })
}

/** The request for a question, as the library takes it. */
export function requestOf({ model, messages, system, temperature, maxTokens }) {
  return {
    model,
    messages: system ? [{ role: 'system', content: system }, ...messages] : messages,
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { maxTokens }),
    streamOptions: { includeUsage: true },
  }
}

/** Tells of a text that goes on, and of thinking. */
function tellDelta({ type, delta }, observer) {
  if (type === 'text') observer.onText(delta)
  if (type === 'reasoning') observer.onThought(delta)
}

async function askText(client, request, options, observer) {
  for await (const event of chatEvents(streamChatCompletion(client, request, options))) {
    tellDelta(event, observer)
    if (event.type === 'end') {
      const { completion } = event
      observer.onStep({ completion, messages: [completion.choices[0].message] })
    }
  }
}

async function askWithTools(client, request, options, observer) {
  for await (const event of streamTools(client, { ...request, tools }, options)) {
    tellDelta(event, observer)
    if (event.type === 'toolCall') observer.onToolCall(event.toolCall)
    if (event.type === 'toolResult') observer.onToolResult(event)
    if (event.type === 'step') observer.onStep(event.step)
    if (event.type === 'end' && event.run.stopped === 'steps') observer.onTooManySteps()
  }
}

/** A Standard Schema of a JSON Schema that a visitor has typed. Only the service checks what it makes of it. */
const standardOf = jsonSchema => ({
  '~standard': {
    version: 1,
    vendor: 'playground',
    validate: value => ({ value }),
    jsonSchema: { input: () => jsonSchema },
  },
})

async function askForObject(client, request, schema, options, observer) {
  const parts = streamObject(client, request, standardOf(schema), options)
  for (;;) {
    const { done, value } = await parts.next()
    if (!done) observer.onObject(value)
    else {
      observer.onObject(value.parsed)
      return observer.onStep({ completion: value, messages: [value.choices[0].message] })
    }
  }
}

/**
 * Asks the model.
 *
 * @param question `mode` is 'text', 'tools' or 'object'; the rest are the page's settings, `signal` ends it
 * @throws what ended the answer early
 */
export async function ask(question, observer) {
  const { mode, schema, signal } = question
  const client = connect(question, observer)
  const request = requestOf(question)
  const options = { signal }
  if (mode === 'tools') await askWithTools(client, request, options, observer)
  else if (mode === 'object') await askForObject(client, request, schema, options, observer)
  else await askText(client, request, options, observer)
}
