// Stands in for llmfetch's own `tool` and `streamTools` until it has them.

import { streamChatCompletion } from 'llmfetch'
import { chatEvents } from './chat-events.js'

const RUN = Symbol('run')

/** A tool for a request's `tools`, which knows how to run itself. */
export function tool({ name, description, parameters, input, execute }) {
  const run = async json => {
    const { value, issues } = await input['~standard'].validate(JSON.parse(json))
    if (issues) throw new Error(issues.map(({ message }) => message).join('; '))
    return execute(value)
  }
  const wire = { type: 'function', function: { name, description, parameters } }
  return Object.defineProperty(wire, RUN, { value: run })
}

/** The result of a call, as a message for the model. What goes wrong is a result too: the model may do better next time. */
async function runTool(tools, { id, function: { name, arguments: json } }) {
  const message = content => ({ role: 'tool', toolCallId: id, content: JSON.stringify(content) })
  try {
    const known = tools.find(candidate => candidate.function.name === name)
    if (!known) throw new Error(`There is no tool ${name}`)
    return { message: message(await known[RUN](json)) }
  } catch (error) {
    return { message: message({ error: error.message }), failed: error }
  }
}

/**
 * Asks, runs the tools that the model calls, and asks again until it has answered. Yields the events of `chatEvents`, a
 * `toolResult` for each call, a `step` with the messages of each round, and `end`.
 */
export async function* streamTools(client, request, { maxSteps = 5, ...options } = {}) {
  const messages = [...request.messages]
  for (let step = 1; ; step++) {
    let completion
    const stream = streamChatCompletion(client, { ...request, messages }, options)
    for await (const event of chatEvents(stream)) {
      if (event.type === 'end') completion = event.completion
      else yield event
    }
    const { message } = completion.choices[0]
    const calls = message.toolCalls ?? []
    const results = calls.map(call => runTool(request.tools, call))
    for (const [place, result] of results.entries())
      yield { type: 'toolResult', toolCall: calls[place], ...(await result) }
    const said = [message, ...(await Promise.all(results)).map(result => result.message)]
    messages.push(...said)
    yield { type: 'step', step: { completion, messages: said } }
    if (calls.length && step < maxSteps) continue
    yield { type: 'end', run: { completion, stopped: calls.length ? 'steps' : 'answer' } }
    return
  }
}
