import { type Answer, jsonAnswer } from './parts.ts'
import { type Call, findRoute } from './route.ts'
import { routes } from './routes.ts'
import { ServiceError } from './service-error.ts'
import type { FakeModelOptions, FakeRequest } from './types.ts'

const MODELS = ['fake-small', 'fake-large', 'fake-embed']

/** Answers as the healthy service does, refusals included. Rejects only with what the user's own `reply` throws. */
export async function answer(
  request: FakeRequest,
  { apiKey, models = MODELS }: FakeModelOptions,
  reply: Call['reply'],
  stored: Call['stored'],
): Promise<Answer> {
  try {
    checkKey(request, apiKey)
    const { route, params } = findRoute(routes, request)
    return await route.handle({ request, params, models, reply, stored })
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
