import { RESUMABLE_HEADER } from '../wire/resumable.ts'
import { Refusal } from './refusal.ts'

/** What a page may read of an answer. */
const EXPOSED = `retry-after, ${RESUMABLE_HEADER}, x-request-id, x-should-retry`

/**
 * Refuses a request of a page that is not on the list. A page cannot leave `Origin` out of a POST, nor forge it, so that this
 * also holds for requests without a preflight, and where a name of the page's own was made to point here (DNS rebinding): the
 * list names hosts, while a comparison with the request's own `Host` would agree.
 *
 * @returns the headers that let the page read the answer
 */
export function checkOrigin(
  request: Request,
  origins: readonly string[],
): { readonly [name: string]: string } {
  const origin = request.headers.get('origin')
  const isListed = !!origin && origins.includes(origin)
  if (origin === null) {
    // An image or a script of another site, which sends no origin. Programs send neither of the two.
    if (request.headers.get('sec-fetch-site') === 'cross-site')
      throw new Refusal(403, 'origin_not_allowed', 'No page of another site may ask')
    return {}
  }
  if (!isListed && !origins.includes('*'))
    throw new Refusal(
      403,
      'origin_not_allowed',
      'This page may not ask: its origin is not among the origins of the relay',
    )
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED,
    vary: 'origin',
    // Never for any page: each could act with the visitor's cookie then.
    ...(isListed && { 'access-control-allow-credentials': 'true' }),
  }
}

/** Answers a preflight. Any header is allowed, as none but the content type is passed on: OpenAI's own client sends nine. */
export function preflight(request: Request): Response {
  const asked = request.headers.get('access-control-request-headers') ?? ''
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': /^[\w\-, ]*$/.test(asked) ? asked : '',
      'access-control-max-age': '7200',
    },
  })
}
