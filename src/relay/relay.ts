import { ignoreErrors } from '../call/ignore-errors.ts'
import { isWorker } from '../call/is-worker.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { createAsk } from './ask.ts'
import { listAllowed } from './list-models.ts'
import { checkOrigin, preflight } from './origins.ts'
import { Refusal } from './refusal.ts'
import { findRoute } from './routes.ts'
import type { StreamKeeper } from './stream-keeper.ts'
import type { RelayHandler, RelayOptions, RelayUser } from './types.ts'
import { openUpstream, type UpstreamRequest } from './upstream.ts'
import { type KeepAlive, readAfter, readKey } from './visit.ts'

/**
 * Makes a relay, as {@link relay} does.
 *
 * @param sharesRequests whether a request may end another: not in a Worker, but in a Durable Object
 */
export function createRelay<User extends RelayUser>(
  options: RelayOptions<User>,
  sharesRequests: boolean,
): RelayHandler {
  const { authorize, models, origins = [], streams, to } = options
  if (typeof authorize !== 'function' || !models)
    throw new ConfigurationError('relay: authorize and models are required')
  const onError = (error: unknown) => ignoreErrors(() => (options.onError ?? console.error)(error))
  const open = openUpstream(options)
  const running = sharesRequests ? new Map<string, UpstreamRequest>() : undefined
  const isAllowed = (model: unknown, user: User) =>
    typeof model === 'string' && (typeof models === 'function' ? models(model, user) : models.includes(model))
  const ask = createAsk({ options, open, onError, isAllowed, running })

  async function answer(request: Request, requestId: string, keepAlive: KeepAlive): Promise<Response> {
    const { method } = request
    const url = new URL(request.url)
    const route = findRoute(url, options)
    const isList = route.path === '/models'
    const allowed = isList ? 'GET' : streams ? 'GET, POST, DELETE' : 'POST'
    if (!to && !allowed.split(', ').includes(method))
      throw new Refusal(405, 'method_not_allowed', `This takes ${allowed}`, { headers: { allow: allowed } })
    const user = await authorize(request)
    if (user instanceof Response) return user
    if (!user) throw new Refusal(401, 'unauthorized', 'Nobody is logged in')
    if (to) return to(user).fetch(request)
    const given = typeof user === 'string' ? user : user.id
    if (typeof given !== 'string' || !given)
      throw new ConfigurationError('relay: authorize gave a user without an id')
    if (isList)
      return listAllowed(typeof models === 'function' ? undefined : models, id => isAllowed(id, user), open())
    const name = encodeURIComponent(given)
    const key = readKey(request, url)
    const id = key && `${name}:${key}`
    const after = readAfter(request)
    if (method !== 'POST') {
      const abort = (stopped: string, reason: Refusal) => {
        running?.get(stopped)?.abort(reason)
      }
      return (streams!.keeper as StreamKeeper).use(method, id, after, onError, abort)
    }
    return ask({ request, route, user, name, id, after, requestId, keepAlive })
  }

  return async function handle(request, ...around) {
    const requestId = crypto.randomUUID()
    const context = around.find(each => typeof Object(each).waitUntil === 'function')
    const keepAlive: KeepAlive = work => (context as { waitUntil: KeepAlive } | undefined)?.waitUntil(work)
    let more = {}
    let response: Response
    try {
      more = checkOrigin(request, origins)
      response =
        request.method === 'OPTIONS' ? preflight(request) : await answer(request, requestId, keepAlive)
    } catch (error) {
      const isTold = error instanceof Refusal
      if (!isTold) onError(error)
      response = (isTold ? error : new Refusal(500, 'relay_failed', 'The relay has failed')).toResponse()
    }
    const { status, body } = response
    const headers = new Headers(response.headers)
    for (const [name, value] of Object.entries<string>(more)) headers.set(name, value)
    // One of the object's own stays.
    if (!to || !headers.has('x-request-id')) headers.set('x-request-id', requestId)
    return new Response(body, { status, headers })
  }
}

/**
 * Makes a fetch handler that holds the key of a service and answers for its users: who they are, which models they may ask and
 * how much of them is for you to say, and the rest is passed on while it arrives.
 *
 * @throws {ConfigurationError} without `authorize` or `models`, with limits that need a `quota`, or for an address that cannot be or must not get the key
 * @example
 * export default {
 *   fetch: relay({
 *     baseUrl: 'https://api.openai.com/v1',
 *     apiKey: env.OPENAI_API_KEY,
 *     authorize: request => session(request),
 *     models: ['gpt-5-mini'],
 *     origins: ['https://app.example'],
 *     limits: { maxTokens: 1000, requestsPerMinute: 20 },
 *     quota: memoryQuota(),
 *   }),
 * }
 */
export function relay<User extends RelayUser>(options: RelayOptions<User>): RelayHandler {
  return createRelay(options, !isWorker())
}
