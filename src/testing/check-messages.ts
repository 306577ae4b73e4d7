import { isObject, type JsonObject } from './json.ts'
import { refuse } from './service-error.ts'

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function']

/** Throws the 400 of the first message the service would not take. */
export function checkMessages(messages: unknown): void {
  if (messages === undefined) {
    refuse("Missing required parameter: 'messages'.", 'messages', 'missing_required_parameter')
  }
  if (!Array.isArray(messages)) {
    refuse("Invalid type for 'messages': expected a list of messages.", 'messages', 'invalid_type')
  }
  if (messages.length === 0)
    refuse("Invalid 'messages': expected at least one message.", 'messages', 'empty_array')
  const called = new Set<string>()
  messages.forEach((message, i) => {
    const path = `messages[${i}]`
    if (!isObject(message)) refuse(`Invalid type for '${path}': expected an object.`, path, 'invalid_type')
    checkMessage(message, path, called)
  })
}

function checkMessage(message: JsonObject, path: string, called: Set<string>): void {
  const { role, content } = message
  if (role === undefined) {
    refuse(`Missing required parameter: '${path}.role'.`, `${path}.role`, 'missing_required_parameter')
  }
  if (!ROLES.includes(String(role))) {
    refuse(`Invalid value for '${path}.role'. Supported values are: ${ROLES.join(', ')}.`, `${path}.role`)
  }
  const calls = message.tool_calls ?? undefined
  if (role === 'assistant' && calls !== undefined) checkCalls(calls, `${path}.tool_calls`, called)
  if (role === 'tool') checkToolMessage(message, path, called)
  const silent = ['tool_calls', 'function_call', 'refusal', 'audio'].some(
    key => (message[key] ?? null) !== null,
  )
  if (role !== 'assistant' || !silent || (content ?? null) !== null) checkContent(content, `${path}.content`)
}

function checkContent(content: unknown, path: string): void {
  if (typeof content === 'string') return
  if (!Array.isArray(content)) {
    refuse(`Invalid value for '${path}': expected a string or a list of parts.`, path, 'invalid_type')
  }
  if (content.length === 0) refuse(`Invalid '${path}': expected at least one part.`, path, 'empty_array')
  content.forEach((part, i) => {
    if (!isObject(part) || typeof part.type !== 'string') {
      const type = `${path}[${i}].type`
      refuse(`Missing required parameter: '${type}'.`, type, 'missing_required_parameter')
    }
    if (part.type === 'text' && typeof part.text !== 'string') {
      const text = `${path}[${i}].text`
      refuse(`Missing required parameter: '${text}'.`, text, 'missing_required_parameter')
    }
  })
}

function checkCalls(calls: unknown, path: string, called: Set<string>): void {
  if (!Array.isArray(calls) || calls.length === 0) {
    refuse(`Invalid '${path}': expected at least one tool call.`, path, 'empty_array')
  }
  calls.forEach((call, i) => {
    const at = `${path}[${i}]`
    if (!isObject(call) || typeof call.id !== 'string') {
      refuse(`Missing required parameter: '${at}.id'.`, `${at}.id`, 'missing_required_parameter')
    }
    const { function: details } = call
    if (call.type !== 'custom') {
      if (!isObject(details) || typeof details.name !== 'string') {
        refuse(
          `Missing required parameter: '${at}.function.name'.`,
          `${at}.function.name`,
          'missing_required_parameter',
        )
      }
      if (typeof details.arguments !== 'string') {
        refuse(
          `Invalid type for '${at}.function.arguments': expected a string.`,
          `${at}.function.arguments`,
          'invalid_type',
        )
      }
    }
    called.add(call.id)
  })
}

function checkToolMessage(message: JsonObject, path: string, called: Set<string>): void {
  const { tool_call_id: id } = message
  if (typeof id !== 'string') {
    refuse(
      `Missing required parameter: '${path}.tool_call_id'.`,
      `${path}.tool_call_id`,
      'missing_required_parameter',
    )
  }
  if (!called.has(id)) {
    refuse(
      "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
      `${path}.tool_call_id`,
    )
  }
}
