// The conversation with the model. Knows no page: it tells an observer what happens.

import {
  createClient,
  listModels,
  streamChatCompletion,
  teeStream,
  textStream,
  timeout,
  toolCallStream,
} from 'llmfetch'
import { createMeter } from './meter.js'
import { runTool, tools } from './tools.js'

/** The Worker that served this page is the service. It has the key. */
const client = createClient({
  baseUrl: `${location.origin}/api`,
  policies: [timeout({ headers: 60_000, firstEvent: 30_000, idle: 20_000 })],
})

/** How often the model may call tools before it has to answer in words. */
const MAX_ROUNDS = 5

export async function listModelIds() {
  const { data } = await listModels(client)
  return data.map(({ id }) => id)
}

/** Passes a stream on, and shows each chunk to `see`. */
async function* watch(stream, see) {
  for await (const chunk of stream) {
    see(chunk)
    yield chunk
  }
}

async function each(values, take) {
  for await (const value of values) take(value)
}

/** Reads one answer: its text as it arrives, its tool calls once they are whole. Whatever it was cut by, what came before counts. */
async function readAnswer(stream, observer) {
  const message = { role: 'assistant', content: '' }
  const toolCalls = []
  const [texts, calls] = teeStream(stream)
  const outcomes = await Promise.allSettled([
    each(textStream(texts), piece => {
      message.content += piece
      observer.onText(piece)
    }),
    each(toolCallStream(calls), call => {
      toolCalls.push(call)
      observer.onToolCall(call)
    }),
  ])
  const error = outcomes.find(({ status }) => status === 'rejected')?.reason
  if (!error && toolCalls.length) Object.assign(message, { toolCalls, content: message.content || null })
  return { message, toolCalls, error }
}

/**
 * Asks the model, runs the tools that it calls and asks again, until it has answered. Adds everything that was said to
 * `messages`, a part of an answer too.
 *
 * @throws what ended the stream early
 */
export async function ask({ model, messages, offerTools, signal }, observer) {
  for (let round = 1; ; round++) {
    const last = round === MAX_ROUNDS
    const meter = createMeter()
    let finish
    observer.onAnswer(meter)
    const request = {
      model,
      messages,
      streamOptions: { includeUsage: true },
      ...(offerTools && { tools, toolChoice: last ? 'none' : 'auto' }),
    }
    const stream = watch(streamChatCompletion(client, request, { signal }), chunk => {
      meter.see(chunk)
      finish = chunk.choices[0]?.finishReason ?? finish
    })
    const { message, toolCalls, error } = await readAnswer(stream, observer)
    meter.end()
    if (message.content || message.toolCalls) messages.push(message)
    if (error) throw error
    observer.onEnd(finish)
    if (!toolCalls.length || last) return
    for (const call of toolCalls) {
      const content = runTool(call)
      messages.push({ role: 'tool', toolCallId: call.id, content })
      observer.onToolResult(call, content)
    }
  }
}
