// Lets only one page use the Worker and its key: the page that it served itself, opened under one of its own names.

/** The largest body that a page may send, in bytes. */
const MAX_BODY = 262_144

/** A refusal in the shape that services give theirs, so that the page's client makes a typed error of it. */
export class Refusal extends Error {
  constructor(status, message, headers = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }

  toResponse() {
    const error = { message: this.message, type: 'invalid_request_error', code: null, param: null }
    const headers = { 'x-should-retry': 'false', ...this.headers }
    return Response.json({ error }, { status: this.status, headers })
  }
}

const hostOf = ({ headers }) => (headers.get('host') ?? '').toLowerCase()

/**
 * Refuses requests for a host that is none of `hosts`. A page of another site whose name suddenly points to this machine (DNS
 * rebinding) is of the same origin for its browser, but it cannot change the `Host` header.
 *
 * The URL is not asked: a local workerd takes it from a header that any page may set.
 */
export function checkHost(request, { hosts }) {
  if (!hosts.includes(hostOf(request).replace(/:\d+$/, '')))
    throw new Refusal(403, 'The playground does not go by this name: PLAYGROUND_HOST adds one')
}

/** Refuses what another site's page sends, and calls without an `Origin`, which every browser sends along with a POST. */
export function checkSite(request, method) {
  const { headers } = request
  if (request.method !== method) throw new Refusal(405, `Only ${method} is answered here`, { allow: method })
  const site = headers.get('sec-fetch-site')
  const origin = headers.get('origin')
  const own = URL.canParse(origin) && new URL(origin).host === hostOf(request)
  if ((site && site !== 'same-origin') || (origin || method === 'POST' ? !own : false))
    throw new Refusal(403, 'Only the page of the playground is answered here')
}

/** Reads a JSON object of at most `MAX_BODY` bytes. It counts them as they arrive: a declared length may be missing or wrong. */
export async function readObject(request) {
  // A form of another site can send text/plain without asking first.
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? ''))
    throw new Refusal(415, 'The body must be application/json')
  const reader = request.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let size = 0; reader; ) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > MAX_BODY) {
      reader.cancel().catch(() => {})
      throw new Refusal(413, `The body must be at most ${MAX_BODY} bytes long`)
    }
    text += decoder.decode(value, { stream: true })
  }
  try {
    return Object(JSON.parse(text + decoder.decode()))
  } catch {
    throw new Refusal(400, 'The body must be JSON')
  }
}
