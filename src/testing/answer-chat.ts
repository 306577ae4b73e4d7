import { complete } from './chat.ts'
import { toEvents, toJson } from './chat-json.ts'
import { checkChatRequest } from './check-chat.ts'
import { isObject } from './json.ts'
import { type Answer, jsonAnswer } from './parts.ts'
import { readBody } from './read-body.ts'
import type { Call } from './route.ts'

/** Answers with a chat completion, as JSON or as a stream. */
export async function answerChat(call: Call): Promise<Answer> {
  const request = checkChatRequest(readBody(call))
  const completion = complete(request, await call.reply(request))
  if (request.stream !== true) return jsonAnswer(200, toJson(completion))
  const { stream_options: options } = request
  const usage = isObject(options) && options.include_usage === true
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
  return { status: 200, headers, stream: true, parts: toEvents(completion, usage) }
}
