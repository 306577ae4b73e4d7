/** A message in the conventions' shape. */
export interface Message {
  readonly role: string
  readonly parts: readonly Part[]
}

/** A part of a message, which any type may have. */
interface Part {
  readonly type: string
  readonly [name: string]: unknown
}

// biome-ignore lint/suspicious/noExplicitAny: a message of any endpoint, as it is on the wire
type Wire = any

/** Names a part that is no text by its type: an image's or a file's data is not recorded. */
function toPart(part: Wire, limit: (text: string) => string): Part {
  const { type, text, thinking, image_url, refusal } = Object(part)
  if (typeof part === 'string') return { type: 'text', content: limit(part) }
  if (thinking !== undefined) return { type: 'reasoning', content: limit(JSON.stringify(thinking)) }
  if (typeof (text ?? refusal) === 'string') return { type: 'text', content: limit(text ?? refusal) }
  const uri = image_url?.url ?? image_url
  if (typeof uri === 'string' && !uri.startsWith('data:'))
    return { type: 'uri', modality: 'image', uri: limit(uri) }
  return { type: `${type}` }
}

function toParts(content: Wire, limit: (text: string) => string): readonly Part[] {
  if (content == null || content === '') return []
  return [content].flat().map((part: Wire) => toPart(part, limit))
}

/** The arguments of a call as the object that they are; as a text where they are cut or none. */
function toArguments(json: Wire, limit: (text: string) => string): unknown {
  const text = limit(`${json}`)
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Turns one message of a chat request, or one item of the Responses API, into the conventions' shape. */
function toMessage(message: Wire, limit: (text: string) => string): Message {
  const { role, content, reasoning, tool_calls, tool_call_id, type, call_id, name, output, summary, callId } =
    Object(message)
  const call = (id: Wire, { name, arguments: json }: Wire): Part => {
    return { type: 'tool_call', id, name, arguments: toArguments(json, limit) }
  }
  const result = (id: Wire, response: Wire): Part => {
    return {
      type: 'tool_call_response',
      id,
      response: limit(typeof response === 'string' ? response : JSON.stringify(response)),
    }
  }
  if (role === 'tool') return { role, parts: [result(tool_call_id, content)] }
  if (type === 'function_call')
    return { role: 'assistant', parts: [call(call_id ?? callId, { name, arguments: message.arguments })] }
  if (type === 'function_call_output') return { role: 'tool', parts: [result(call_id, output)] }
  const calls = (tool_calls ?? []).map((each: Wire) =>
    call(each.id, each.function ?? { name: each.custom?.name, arguments: each.custom?.input }),
  )
  const thoughts = toParts(reasoning || summary, limit).map(part => ({ ...part, type: 'reasoning' }))
  const parts = [...thoughts, ...toParts(content, limit), ...calls]
  return { role: role ?? 'assistant', parts: parts.length || role ? parts : [{ type: `${type}` }] }
}

/** Turns messages of the wire into the conventions' shape; `limit` shortens each text. */
export function toMessages(messages: readonly unknown[], limit: (text: string) => string): Message[] {
  return messages.map(message => toMessage(message, limit))
}
