import { createAccumulator } from '../chat/accumulate.ts'
import { reasoningText } from '../chat/quirks.ts'
import type { ChatCompletion, ChatCompletionChunk } from '../chat/types.ts'
import { contentAttributes } from './conventions.ts'
import { type ContentOptions, limitText } from './limit-text.ts'
import type { ContentRecorder } from './otel.ts'
import { toMessages } from './to-messages.ts'

/** Writes messages as JSON, the latest first to be kept. */
function write(messages: readonly unknown[] | undefined, options: ContentOptions): string | undefined {
  if (!messages?.length) return undefined
  const limit = limitText(options)
  const kept = toMessages([...messages].reverse(), limit).reverse()
  return JSON.stringify(kept)
}

/** The tools of a request, with their names and descriptions only: the conventions advise against the rest. */
function writeTools(tools: unknown, limit: (text: string) => string): string | undefined {
  if (!Array.isArray(tools) || !tools.length) return undefined
  const named = tools.map(tool => {
    const { name, description } = tool.function ?? tool
    return { type: tool.type, name, ...(description && { description: limit(description) }) }
  })
  return JSON.stringify(named)
}

/** What a completion or a response says, as messages of the wire. */
function messagesIn({
  choices,
  output,
}: {
  choices?: ChatCompletion['choices']
  output?: unknown[]
}): readonly unknown[] {
  if (output) return output
  return (choices ?? []).map(({ message }) => {
    const { toolCalls, content, role } = message
    return { role, content, reasoning: reasoningText(message), tool_calls: toolCalls }
  })
}

function asMessage(item: unknown): unknown {
  return typeof item === 'string' ? { role: 'user', content: item } : item
}

/**
 * Makes what records prompts, answers and the names of tools in the spans of `otel`, in the conventions' own shape: `role` and
 * `parts`. Images, audio and files are named, not recorded. For a store where such texts may be.
 *
 * @example
 * otel({ tracer, content: messageContent({ maxChars: 4096, redact: text => text.replace(/\S+@\S+/g, '…') }) })
 */
export function messageContent(options: ContentOptions = {}): ContentRecorder {
  return {
    request(given) {
      const { messages, input, instructions, tools } = Object(given)
      const asked = messages ?? (typeof input === 'string' ? [{ role: 'user', content: input }] : input)
      const system = instructions && [{ type: 'text', content: limitText(options)(`${instructions}`) }]
      return contentAttributes({
        system: system && JSON.stringify(system),
        // The input of an embedding is a list of texts.
        input: write(Array.isArray(asked) ? asked.map(asMessage) : undefined, options),
        tools: writeTools(tools, limitText(options)),
      })
    },
    answer() {
      const fold = createAccumulator()
      let whole: Parameters<typeof messagesIn>[0] | undefined
      return {
        add(value) {
          const { choices, response } = Object(value)
          if (choices?.[0]?.message || Object(value).output) whole = Object(value)
          else if (Array.isArray(response?.output)) whole = response
          else if (choices) fold.add(value as ChatCompletionChunk)
        },
        attributes: () =>
          contentAttributes({ output: write(messagesIn(whole ?? fold.result(false)), options) }),
      }
    },
  }
}
