import { checkChatRequest } from './check-chat.ts'
import { isObject, type JsonObject } from './json.ts'
import { refuse, ServiceError } from './service-error.ts'
import type { FakeChatMessage, FakeChatRequest } from './types.ts'

/** A part of a message, in the words of chat. */
function toPart(part: unknown): unknown {
  if (!isObject(part)) return part
  const { type } = part
  if (type === 'input_text' || type === 'output_text') return { type: 'text', text: part.text }
  if (type === 'refusal') return { type: 'text', text: part.refusal }
  if (type === 'input_image') return { type: 'image_url', image_url: { url: part.image_url ?? part.file_id } }
  return part
}

/** The text of a call's result, which may be a list of parts. */
function toText(output: unknown): unknown {
  if (!Array.isArray(output)) return output
  return output.map(part => (isObject(part) && typeof part.text === 'string' ? part.text : '')).join('')
}

/** Adds an item of the input to the messages of a chat. What a chat has no words for says nothing. */
function addItem(messages: FakeChatMessage[], item: unknown, path: string): void {
  if (!isObject(item)) refuse(`Invalid type for '${path}': expected an object.`, path, 'invalid_type')
  const { type = 'message' } = item
  if (type === 'message') {
    const { role, content } = item
    messages.push({ role: String(role), content: Array.isArray(content) ? content.map(toPart) : content })
  } else if (type === 'function_call') {
    const { call_id: id, name, arguments: given } = item
    const call = { id, type: 'function', function: { name, arguments: given } }
    const last = messages.at(-1)
    if (Array.isArray(last?.tool_calls)) last.tool_calls.push(call)
    else messages.push({ role: 'assistant', content: null, tool_calls: [call] })
  } else if (type === 'function_call_output') {
    messages.push({ role: 'tool', tool_call_id: item.call_id, content: toText(item.output) })
  }
}

/** The messages of a chat that an input is. */
export function toMessages(input: unknown): FakeChatMessage[] {
  if (input === undefined)
    refuse("Missing required parameter: 'input'.", 'input', 'missing_required_parameter')
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  if (!Array.isArray(input))
    refuse("Invalid type for 'input': expected a string or a list of items.", 'input', 'invalid_type')
  const messages: FakeChatMessage[] = []
  for (const [index, item] of input.entries()) addItem(messages, item, `input[${index}]`)
  return messages
}

/** Functions stand under a name of their own in a chat. */
function toTools(tools: unknown): unknown {
  if (!Array.isArray(tools)) return tools
  return tools.map(tool => {
    if (!isObject(tool) || tool.type !== 'function') return tool
    const { type, ...rest } = tool
    return { type, function: rest }
  })
}

function toChoice(choice: unknown): unknown {
  return isObject(choice) && choice.type === 'function'
    ? { type: 'function', function: { name: choice.name } }
    : choice
}

function toFormat(text: unknown): unknown {
  const format = isObject(text) ? text.format : undefined
  if (!isObject(format) || format.type !== 'json_schema') return format
  const { type, ...json_schema } = format
  return { type, json_schema }
}

/** A chat's names of parameters, and those of Responses. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/\bmessages\b/g, 'input'],
  [/\bmax_completion_tokens\b/g, 'max_output_tokens'],
  [/\bresponse_format(\.json_schema)?\b/g, 'text.format'],
  [/(tools\[\d+\]|tool_choice)\.function\b/g, '$1'],
]

const rename = (text: string): string => NAMES.reduce((named, [chat, own]) => named.replace(chat, own), text)

/** Makes a chat of a request, after what was said before. Throws the 400 of the first rule that it breaks. */
export function toChatRequest(body: JsonObject, before: readonly FakeChatMessage[]): FakeChatRequest {
  const {
    model,
    instructions,
    input,
    max_output_tokens,
    temperature,
    top_p,
    tools,
    tool_choice,
    text,
    stream,
  } = body
  const system = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : []
  const chat = {
    model,
    messages: [...system, ...before, ...toMessages(input)],
    max_completion_tokens: max_output_tokens ?? undefined,
    temperature,
    top_p,
    tools: Array.isArray(tools) && tools.length === 0 ? undefined : toTools(tools),
    tool_choice: tools === undefined ? undefined : toChoice(tool_choice),
    parallel_tool_calls: body.parallel_tool_calls,
    response_format: toFormat(text),
    stream,
  }
  try {
    return checkChatRequest(
      Object.fromEntries(Object.entries(chat).filter(([, value]) => value !== undefined)),
    )
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const { message, param, code } = error.body.error
    throw new ServiceError(error.status, rename(message), { param: param && rename(param), code })
  }
}
