import { LLMError } from '../errors/llm-error.ts'
import { type CacheRequest, keyOf } from './cache-key.ts'
import { keptHeaders, readAnswer, serve } from './cache-response.ts'
import { type CacheEntry, type CacheStore, inTime, openStore } from './cache-store.ts'
import { joinAnswers, partsOf, splitAnswer } from './embedding-batch.ts'
import type { FetchInit } from './policy.ts'

/** What one request brings to all who asked the same. */
export interface Outcome {
  /** For the caller who was first. */
  readonly response: Response
  /** For the others, and what they are told of it; absent where each has to ask for himself. */
  readonly entry?: CacheEntry
  readonly from?: 'hit' | 'shared'
}

type Entries = Map<string, CacheEntry>
type Ask = (init: FetchInit) => Promise<Response>

/** A request whose answer may be kept, on its way. */
interface Question {
  readonly request: CacheRequest
  /** Its key. */
  readonly name: string
  readonly url: string
  readonly init: FetchInit
  readonly ask: Ask
}

function areKnown(keys: readonly (string | undefined)[]): keys is readonly string[] {
  return keys.every(key => key !== undefined)
}

/** A request for some of the inputs of a batch. */
function withInputs({ init, request }: Question, parts: Iterable<CacheRequest>): FetchInit {
  const headers = new Headers(init.headers)
  // Some clients set it themselves.
  headers.delete('content-length')
  const input = Array.from(parts, ({ body }) => body.input)
  return { ...init, headers, body: JSON.stringify({ ...request.body, input }) }
}

/** Answers from a store, and what the store does not have from the service. */
export interface CachedAnswers {
  /** The keys of requests; undefined for one that is not to be kept, or cannot be told. */
  identify(requests: readonly CacheRequest[], init: FetchInit): Promise<(string | undefined)[]>
  answer(question: Question, isRefresh: boolean): Promise<Outcome>
}

export function cachedAnswers(
  store: CacheStore,
  ttl: number,
  decide: ((request: CacheRequest) => unknown) | undefined,
  report: (error: unknown) => void,
): CachedAnswers {
  const { load, save } = openStore(store, ttl, report)

  function identify(requests: readonly CacheRequest[], init: FetchInit): Promise<(string | undefined)[]> {
    const one = async (request: CacheRequest) => {
      if (!decide) return keyOf(request, init)
      const decisive = await decide(request)
      return decisive === undefined ? undefined : keyOf(request, init, decisive)
    }
    return inTime(requests.map(one), report)
  }

  /** The entries of parts, as far as there are any that can be used. */
  async function look(parts: readonly CacheRequest[], keys: readonly string[]): Promise<Entries> {
    const found = await load([...new Set(keys)])
    for (const [place, key] of keys.entries()) {
      const entry = found.get(key)
      if (!entry || splitAnswer(entry.body, parts[place]!, 1)) continue
      found.delete(key)
      report(new LLMError('The store gave what is no answer'))
    }
    return found
  }

  /** An answer made of entries; undefined where they make none. */
  async function tryServe(
    { url, init }: Question,
    body: string | undefined,
    headers: HeadersInit,
    from: string | undefined,
  ): Promise<Response | undefined> {
    if (body === undefined) return undefined
    try {
      return await serve(body, headers, from, url, init)
    } catch (error) {
      if (init.signal?.aborted) throw init.signal.reason
      report(error)
      return undefined
    }
  }

  /** Asks for what was not found, keeps it, and joins both. */
  async function complete(
    question: Question,
    parts: readonly CacheRequest[],
    keys: readonly string[],
    found: Entries,
  ): Promise<Outcome> {
    const { request, init, ask } = question
    const missing = new Map<string, CacheRequest>()
    for (const [place, key] of keys.entries()) if (!found.has(key)) missing.set(key, parts[place]!)
    const isWhole = missing.size === parts.length
    // Who asks. A key that is another one for the next attempt makes the answer that of someone else.
    const caller = () => keyOf(request, init, '')
    const before = await caller()
    const { response, text = '' } = await readAnswer(
      await ask(isWhole ? init : withInputs(question, missing.values())),
    )
    const bodies = splitAnswer(text, request, missing.size)
    if (!bodies || (await caller()) !== before)
      return { response: isWhole || response.status !== 200 ? response : await ask(init) }
    const headers = keptHeaders(response.headers)
    const fresh: Entries = new Map(
      Array.from(missing.keys(), (key, place) => [key, { body: bodies[place]!, headers }]),
    )
    await save(fresh)
    if (isWhole) return { response, entry: { body: text, headers }, from: 'shared' }
    const body = joinAnswers(
      keys.map(key => (fresh.get(key) ?? found.get(key))!.body),
      text,
    )
    const from = found.size ? 'partial' : undefined
    const joined = await tryServe(question, body, response.headers, from)
    return joined
      ? { response: joined, entry: { body: body!, headers }, from: 'shared' }
      : { response: await ask(init) }
  }

  return {
    identify,
    async answer(question, isRefresh) {
      const { request, name, init, ask } = question
      const parts = partsOf(request)
      const keys: readonly (string | undefined)[] =
        parts[0] === request ? [name] : await identify(parts, init)
      if (!areKnown(keys)) return { response: await ask(init) }
      const found: Entries = isRefresh ? new Map() : await look(parts, keys)
      // Meanwhile everybody may have gone.
      if (init.signal?.aborted) throw init.signal.reason
      if (!keys.every(key => found.has(key))) return complete(question, parts, keys, found)
      const { headers } = found.get(keys[0]!)!
      const body = joinAnswers(keys.map(key => found.get(key)!.body))
      const response = await tryServe(question, body, headers, 'hit')
      return response
        ? { response, entry: { body: body!, headers }, from: 'hit' }
        : complete(question, parts, keys, new Map())
    },
  }
}
