import { checkMessages } from './check-messages.ts'
import { checkTools } from './check-tools.ts'
import { isObject, type JsonObject } from './json.ts'
import { refuse } from './service-error.ts'
import type { FakeChatRequest } from './types.ts'

/** Holds a chat request to the service's rules; throws the 400 of the first one it breaks. */
export function checkChatRequest(body: JsonObject): FakeChatRequest {
  checkMessages(body.messages)
  checkRange(body, 'temperature', 0, 2)
  checkRange(body, 'top_p', 0, 1)
  checkRange(body, 'frequency_penalty', -2, 2)
  checkRange(body, 'presence_penalty', -2, 2)
  checkInteger(body, 'n', 1, 128)
  checkInteger(body, 'max_tokens', 1, Infinity)
  checkInteger(body, 'max_completion_tokens', 1, Infinity)
  checkInteger(body, 'seed', -Infinity, Infinity)
  checkLogprobs(body)
  checkStop(body.stop)
  checkStream(body)
  checkResponseFormat(body.response_format, body.messages)
  checkTools(body)
  return body as FakeChatRequest
}

function checkRange(body: JsonObject, name: string, low: number, high: number): void {
  const value = body[name] ?? low
  if (typeof value !== 'number')
    refuse(`Invalid type for '${name}': expected a number.`, name, 'invalid_type')
  if (value < low || value > high) {
    refuse(`Invalid '${name}': expected a value from ${low} to ${high}, but got ${value} instead.`, name)
  }
}

function checkInteger(body: JsonObject, name: string, low: number, high: number): void {
  const value = body[name] ?? 1
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    refuse(`Invalid type for '${name}': expected an integer.`, name, 'invalid_type')
  }
  if (value < low) refuse(`Invalid '${name}': expected a value >= ${low}, but got ${value} instead.`, name)
  if (value > high) refuse(`Invalid '${name}': expected a value <= ${high}, but got ${value} instead.`, name)
}

function checkLogprobs(body: JsonObject): void {
  checkBoolean(body, 'logprobs')
  if ((body.top_logprobs ?? undefined) === undefined) return
  checkInteger(body, 'top_logprobs', 0, 20)
  if (body.logprobs !== true) {
    refuse("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", 'top_logprobs')
  }
}

function checkBoolean(body: JsonObject, name: string): void {
  if (typeof (body[name] ?? false) === 'boolean') return
  refuse(`Invalid type for '${name}': expected a boolean.`, name, 'invalid_type')
}

function checkStop(stop: unknown): void {
  const stops = Array.isArray(stop) ? stop : [stop ?? '']
  if (!stops.every(text => typeof text === 'string')) {
    refuse("Invalid type for 'stop': expected a string or a list of strings.", 'stop', 'invalid_type')
  }
  if (stops.length > 4) refuse("Invalid 'stop': expected at most 4 sequences.", 'stop')
}

function checkStream(body: JsonObject): void {
  checkBoolean(body, 'stream')
  const { stream, stream_options: options } = body
  if (options === undefined || options === null) return
  if (stream !== true) {
    refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  }
  if (!isObject(options)) {
    refuse("Invalid type for 'stream_options': expected an object.", 'stream_options', 'invalid_type')
  }
}

function checkResponseFormat(format: unknown, messages: unknown): void {
  if (format === undefined || format === null) return
  const type = isObject(format) ? format.type : undefined
  if (!isObject(format) || !['text', 'json_object', 'json_schema'].includes(String(type))) {
    refuse("Invalid 'response_format': unknown type.", 'response_format.type')
  }
  if (type === 'json_object' && !/json/i.test(JSON.stringify(messages))) {
    refuse(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      'messages',
    )
  }
  if (type !== 'json_schema') return
  const param = 'response_format.json_schema'
  if (!isObject(format.json_schema)) missing(param)
  if (typeof format.json_schema.name !== 'string' || format.json_schema.name === '') missing(`${param}.name`)
  const { name, schema } = format.json_schema
  if (!isObject(schema)) missing(`${param}.schema`)
  if ((schema.type ?? 'object') !== 'object') {
    refuse(
      `Invalid schema for response_format '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${schema.type}"'.`,
      'response_format',
    )
  }
}

function missing(param: string): never {
  refuse(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter')
}
