import { LLMError } from '../errors/llm-error.ts'
import { type CacheRequest, keyOf, longNumbers } from './cache-key.ts'
import type { CacheStore } from './cache-store.ts'
import { joinAnswers, partsOf, splitAnswer } from './embedding-batch.ts'
import type { FetchInit } from './policy.ts'
import { TARGET_HEADER } from './target-header.ts'
import { withinTime } from './within-time.ts'

/** A request whose answer may be kept. */
interface Question {
  readonly request: CacheRequest
  /** Its key. */
  readonly name: string
  readonly init: FetchInit
  /** Whether the store is not to be read. */
  readonly isRefresh: boolean
  /** Asks the service. */
  readonly ask: (init: FetchInit) => Promise<Response>
}

/** What one request brings to all who asked the same. */
export interface Outcome {
  /** For the caller who was first. */
  readonly response: Response
  /** For the others, who ask for themselves where it is absent. */
  readonly body?: string
  readonly isHit?: boolean
}

/** Answers from a store, and what the store does not have from the service. A store that fails is an empty one. */
export interface CachedAnswers {
  /** The keys of requests; undefined for one that is not to be kept, or where they cannot be told. */
  identify(requests: readonly CacheRequest[], init: FetchInit): Promise<readonly (string | undefined)[]>
  answer(question: Question): Promise<Outcome>
}

/** An answer as whoever asked expects it; `from` tells where it is from. */
export async function serve(
  body: string,
  from: 'hit' | 'partial' | 'shared',
  init: FetchInit,
): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'x-llmfetch-cache': from }
  const response = new Response(body, { headers })
  return init.call ? init.call.read(response, init) : response
}

/** A request for some of the inputs of a batch. */
function withInputs(
  init: FetchInit,
  request: CacheRequest,
  parts: readonly (readonly [key: string, part: CacheRequest])[],
): FetchInit {
  const input = parts.map(([, { body }]) => body.input)
  return { ...init, headers: request.headers, body: JSON.stringify({ ...request.body, input }) }
}

/** The text of an answer that may be kept. None for a stream, an error, or what another service than the first gave. */
function textOf(response: Response): Promise<string> | string {
  const { status, headers } = response
  const isWhole = 'data' in response || /^application\/json *(;|$)/i.test(`${headers.get('content-type')}`)
  return status === 200 && isWhole && !headers.has(TARGET_HEADER) ? response.clone().text() : ''
}

export function cachedAnswers(
  store: CacheStore,
  ttl: number,
  decide: ((request: CacheRequest) => unknown) | undefined,
  report: (error: unknown) => void,
): CachedAnswers {
  const inTime = <T>(work: readonly Promise<T>[]) => withinTime(work, report)

  async function load(key: string): Promise<string | undefined> {
    const found = await store.getItem(key)
    if (found == null) return undefined
    const { time, body } = typeof found === 'string' ? JSON.parse(found) : found
    if (!(time >= 0)) throw new LLMError('The cache store gave what is no answer')
    // Either way: a clock that was set back must not keep an entry for ever.
    return Math.abs(Date.now() - time) < ttl ? body : undefined
  }

  async function save([key, body]: [string, string]): Promise<void> {
    const options = ttl < Number.POSITIVE_INFINITY ? { ttl: Math.ceil(ttl / 1000) } : {}
    await store.setItem(key, JSON.stringify({ time: Date.now(), body }), options)
  }

  function identify(
    requests: readonly CacheRequest[],
    init: FetchInit,
  ): Promise<readonly (string | undefined)[]> {
    const numbers = longNumbers(init.body)
    return inTime(
      requests.map(async request => {
        const decisive = decide ? await decide(request) : request
        return decisive === undefined ? undefined : keyOf(request, init, decisive, numbers)
      }),
    )
  }

  async function answer({ request, name, init, isRefresh, ask }: Question): Promise<Outcome> {
    const parts = partsOf(request)
    const keys = (parts[0] === request ? [name] : await identify(parts, init)) as string[]
    if (!keys.every(Boolean)) return { response: await ask(init) }
    const found = isRefresh ? [] : await inTime(keys.map(load))
    // Meanwhile everybody may have gone.
    if (init.signal?.aborted) throw init.signal.reason
    const all = keys.map((key, place) => [key, parts[place]!] as const)
    const missing = new Map(all.filter((_, place) => found[place] === undefined))
    let fresh: ReadonlyMap<string, string> = new Map()
    let text: string | undefined
    if (missing.size) {
      // Texts may be for something else than embeddings, which would not bear a change.
      const areEmbeddings = found.some(body => body !== undefined) || request.body?.encoding_format
      const isPart = missing.size < all.length && areEmbeddings
      const asked = isPart ? [...missing] : all
      const response = await ask(isPart ? withInputs(init, request, asked) : init)
      text = await textOf(response)
      const bodies = splitAnswer(text, request, asked.length)
      // With another key at the next attempt, the answer is that of someone else.
      if (!bodies || (await identify([request], init))[0] !== name) {
        if (!isPart || !response.ok) return { response }
        response.body?.cancel().catch(() => {})
        return { response: await ask(init) }
      }
      fresh = new Map(asked.map(([key], place) => [key, bodies[place]!]))
      await inTime(Array.from(fresh, save))
      if (!isPart) return { response, body: text }
    }
    try {
      const body = joinAnswers(
        keys.map((key, place) => fresh.get(key) ?? found[place]!),
        request,
        text,
      )
      const response = await serve(body, missing.size ? 'partial' : 'hit', init)
      return { response, body, isHit: !missing.size }
    } catch (error) {
      report(error)
      // What makes no answer, or makes one of two models, would be found again.
      await inTime(keys.map(async key => store.removeItem(key)))
      return { response: await ask(init) }
    }
  }

  return { identify, answer }
}
