import { originOf } from '../call/origin-of.ts'
import { type FetchPolicy, markFrugal, policy } from '../call/policy.ts'

/** How many services are remembered that refuse the question. */
const MOST = 100

/**
 * Asks for the usage in the body of a streaming chat request. The text stays as it is but for the new member, so no number of
 * another client's changes.
 *
 * @returns undefined where there is nothing to ask: no stream, or the caller has decided about it
 */
export function withUsage(body: unknown): string | undefined {
  try {
    const { stream, stream_options } = JSON.parse(body as string)
    if (stream === true && stream_options === undefined)
      return (body as string).replace('{', '{"stream_options":{"include_usage":true},')
  } catch {}
  return undefined
}

/** Tells whether a service refuses a request because of what {@link withUsage} added. */
export function refusesUsage(status: number | undefined, body: unknown): boolean {
  return (status === 400 || status === 422) && /stream_options|include_usage/.test(JSON.stringify(body))
}

/**
 * Asks services for the usage of chat streams, which most count only then: `stream_options: { include_usage: true }` goes into
 * the request where the caller has said nothing about it. The stream then has one more chunk, without a choice.
 *
 * A service that refuses the member is asked once more without it, and not again. `metrics` and `otel` do all this with
 * `usage: true`. Around another client's `fetch` nothing is changed.
 *
 * @example
 * const client = createClient({ apiKey, policies: [askUsage(), retry()] })
 */
export function askUsage(): FetchPolicy {
  const refusing = new Set<string>()
  return policy('askUsage', async ({ url, init, call }, send) => {
    const origin = originOf(url)
    // No other path needs to be asked, and some refuse it.
    const asks = call?.stream && /\/completions(\?|$)/.test(url) && !refusing.has(origin)
    const body = asks ? withUsage(init.body) : undefined
    if (!body) return send()
    try {
      return await send(undefined, { body })
    } catch (error) {
      if (!refusesUsage(Object(error).status, Object(error).body)) throw error
      const response = await send()
      if (refusing.size === MOST) refusing.clear()
      refusing.add(origin)
      return response
    }
  })
}

/** Asks for usage inside of a policy, so that a question that is refused is one more attempt of the same call. */
export function askingUsage(outer: FetchPolicy): FetchPolicy {
  return markFrugal(next => outer(askUsage()(next)))
}
