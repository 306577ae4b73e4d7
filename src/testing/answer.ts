import { complete } from './chat.ts'
import { toEvents, toJson } from './chat-json.ts'
import { checkChatRequest, checkNames } from './check-chat.ts'
import { createEmbeddings } from './embedding.ts'
import { isObject, type JsonObject } from './json.ts'
import { type Answer, jsonAnswer } from './parts.ts'
import { refuse, ServiceError } from './service-error.ts'
import type { FakeModelOptions, FakeRequest } from './types.ts'

const MODELS = ['fake-small', 'fake-large', 'fake-embed']

/** What the healthy service answers, refusals included. Throws only what the user's own `reply` throws. */
export function answer(request: FakeRequest, options: FakeModelOptions): Answer {
  try {
    checkKey(request, options.apiKey)
    return route(request, options)
  } catch (error) {
    if (error instanceof ServiceError) return jsonAnswer(error.status, error.body)
    throw error
  }
}

function checkKey({ headers }: FakeRequest, apiKey: string | undefined): void {
  if (apiKey === undefined) return
  const given = /^Bearer +(.*)$/i.exec(headers.authorization ?? '')?.[1]
  if (given === apiKey) return
  const message = given
    ? `Incorrect API key provided: ${mask(given)}. You can find your API key in the settings of your account.`
    : "You didn't provide an API key. Provide it in an Authorization header, as 'Authorization: Bearer YOUR_KEY'."
  throw new ServiceError(401, message, { code: 'invalid_api_key' })
}

function mask(key: string): string {
  return key.length < 8 ? '***' : `${key.slice(0, 5)}***${key.slice(-2)}`
}

function route(request: FakeRequest, options: FakeModelOptions): Answer {
  const models = options.models ?? MODELS
  const { path } = request
  if (path.endsWith('/chat/completions')) {
    const body = checkChatRequest(readBody(request, models))
    const completion = complete(body, options.reply)
    if (body.stream !== true) return jsonAnswer(200, toJson(completion))
    const usage = isObject(body.stream_options) && body.stream_options.include_usage === true
    const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
    return { status: 200, headers, stream: true, parts: toEvents(completion, usage) }
  }
  if (path.endsWith('/embeddings')) return jsonAnswer(200, createEmbeddings(readBody(request, models)))
  const id = /\/models(?:\/([^/]+))?$/.exec(path)
  if (!id) throw new ServiceError(404, `Invalid URL (${request.method} ${path})`, { code: 'unknown_url' })
  checkMethod(request, 'GET')
  if (id[1] === undefined) return jsonAnswer(200, { object: 'list', data: models.map(describe) })
  return jsonAnswer(200, describe(findModel(decode(id[1]), models)))
}

function checkMethod({ method, path }: FakeRequest, allowed: string): void {
  if (method === allowed) return
  throw new ServiceError(405, `Not allowed to ${method} on ${path}.`, { code: 'method_not_supported' })
}

function readBody(request: FakeRequest, models: readonly string[]): JsonObject {
  checkMethod(request, 'POST')
  const { body } = request
  if (!isObject(body)) refuse('We could not parse the JSON body of your request.', 'body', 'invalid_json')
  checkNames(body)
  if (typeof body.model !== 'string' || body.model === '') {
    refuse("Missing required parameter: 'model'.", 'model', 'missing_required_parameter')
  }
  findModel(body.model, models)
  return body
}

function findModel(id: string, models: readonly string[]): string {
  if (models.includes(id)) return id
  const message = `The model '${id}' does not exist or you do not have access to it.`
  throw new ServiceError(404, message, { param: 'model', code: 'model_not_found' })
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function describe(id: string): JsonObject {
  return { id, object: 'model', created: 1_700_000_000, owned_by: 'llmfetch-testing' }
}
