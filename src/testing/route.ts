import type { Answer } from './parts.ts'
import { ServiceError } from './service-error.ts'
import type { FakeChatRequest, FakeRequest, Reply } from './types.ts'

/** What a handler is given of a call. */
export interface Call {
  request: FakeRequest
  /** What stands in the path for each `{…}` of the route, still percent-encoded. */
  params: readonly string[]
  /** The ids of the models there are. */
  models: readonly string[]
  /** What the user's `reply` has for a request. `undefined` lets the model answer by itself. */
  reply: (request: FakeChatRequest) => Promise<Reply | undefined>
  /** What the service keeps between requests, by kind and id: files, responses. */
  stored: Map<string, unknown>
}

/** One operation of the service. */
export interface Route {
  method: 'GET' | 'POST' | 'DELETE'
  /** Begins with a slash. A segment in braces stands for any one segment. */
  path: string
  /** Throws a {@link ServiceError} for what the service refuses. */
  handle: (call: Call) => Answer | Promise<Answer>
}

/**
 * Finds the first route of a request, under any prefix. A prefix that has the path of a `POST` in it is none: the usual
 * mistake in a base URL is that it ends in an operation's path. Throws the service's 404 and 405.
 */
export function findRoute(
  routes: readonly Route[],
  { method, path }: FakeRequest,
): { route: Route; params: string[] } {
  const operations = routes.filter(route => route.method === 'POST').map(route => `${route.path}/`)
  const found = routes.flatMap(route => {
    const match = matchEnd(route.path.split('/'), path.split('/'))
    const isPrefix = match && !operations.some(operation => match.prefix.includes(operation))
    return isPrefix ? [{ route, params: match.params }] : []
  })
  if (found.length === 0) {
    throw new ServiceError(404, `Invalid URL (${method} ${path})`, { code: 'unknown_url' })
  }
  const allowed = found.find(({ route }) => route.method === method)
  if (allowed) return allowed
  throw new ServiceError(405, `Not allowed to ${method} on ${path}.`, { code: 'method_not_supported' })
}

interface Match {
  /** With a slash at its end. */
  prefix: string
  params: string[]
}

/** Matches the last segments of a path with those of a route, each list beginning with the empty text before the first slash. */
function matchEnd([, ...wanted]: string[], given: string[]): Match | undefined {
  const start = given.length - wanted.length
  const params: string[] = []
  for (const [i, segment] of wanted.entries()) {
    const value = given[start + i]
    if (!value) return undefined
    if (segment.startsWith('{')) params.push(value)
    else if (segment !== value) return undefined
  }
  return { prefix: `${given.slice(0, start).join('/')}/`, params }
}
