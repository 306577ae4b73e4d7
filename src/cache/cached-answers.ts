import { answerOf, setAnswer } from '../call/answer.ts'
import type { FetchInit, PolicyRequest } from '../call/policy.ts'
import { reasonOf } from '../call/signals.ts'
import { TARGET_HEADER } from '../call/target-header.ts'
import { LLMError } from '../errors/llm-error.ts'
import { type CacheRequest, keyOf } from './cache-key.ts'
import type { CacheStore } from './cache-store.ts'
import { joinAnswers, partsOf, splitAnswer } from './embedding-batch.ts'
import { withinTime } from './within-time.ts'

/** A request whose answer may be kept. */
interface Question {
  readonly asked: CacheRequest
  /** Its key. */
  readonly name: string
  readonly request: PolicyRequest
  /** Whether the store is not to be read. */
  readonly isRefresh: boolean
  /** Asks the service, with changes to what was asked. */
  readonly ask: (changes?: FetchInit) => Promise<Response>
}

/** The result of one request, for every caller who asked the same. */
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
  identify(parts: readonly CacheRequest[], request: PolicyRequest): Promise<readonly (string | undefined)[]>
  answer(question: Question): Promise<Outcome>
}

/** Makes the response that the caller expects of a body. `from` tells where the body is from. */
export async function serve(
  body: string,
  from: 'hit' | 'partial' | 'shared',
  { init, call }: PolicyRequest,
): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'x-llmfetch-cache': from }
  const response = new Response(body, { headers })
  return call ? setAnswer(response, await call.read(response, init, { scrub: String })) : response
}

/** Changes a request to one for some of the inputs of a batch. */
function withInputs(
  asked: CacheRequest,
  parts: readonly (readonly [key: string, part: CacheRequest])[],
): FetchInit {
  const input = parts.map(([, { body }]) => body.input)
  return { headers: asked.headers, body: JSON.stringify({ ...asked.body, input }) }
}

/** Reads the text of an answer that may be kept: '' for a stream, an error, or an answer of another service than the first. */
async function textOf(response: Response): Promise<string> {
  const { status, headers } = response
  if (status !== 200 || headers.has(TARGET_HEADER)) return ''
  const answer = answerOf(response)
  if (answer) return answer.text ?? ''
  return /^application\/json *(;|$)/i.test(`${headers.get('content-type')}`) ? response.clone().text() : ''
}

export function cachedAnswers(
  store: CacheStore,
  ttl: number,
  decide: ((request: CacheRequest) => unknown) | undefined,
  report: (error: unknown) => void,
): CachedAnswers {
  const tryAll = <T>(work: readonly Promise<T>[]) => withinTime(work, report)

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
    parts: readonly CacheRequest[],
    request: PolicyRequest,
  ): Promise<readonly (string | undefined)[]> {
    return tryAll(
      parts.map(async part => {
        const decisive = decide ? await decide(part) : part
        return decisive === undefined ? undefined : keyOf(part, request, decisive)
      }),
    )
  }

  async function answer({ asked, name, request, isRefresh, ask }: Question): Promise<Outcome> {
    const { signal } = request
    const parts = partsOf(asked)
    const keys = (parts[0] === asked ? [name] : await identify(parts, request)) as string[]
    if (!keys.every(Boolean)) return { response: await ask() }
    const found = isRefresh ? [] : await tryAll(keys.map(load))
    // Every caller may have left while the store was read.
    if (signal?.aborted) throw reasonOf(signal)
    const all = keys.map((key, index) => [key, parts[index]!] as const)
    const missing = new Map(all.filter((_, index) => found[index] === undefined))
    let fresh: ReadonlyMap<string, string> = new Map()
    let text: string | undefined
    if (missing.size) {
      // Texts may be for something else than embeddings, which would not bear a change.
      const areEmbeddings = found.some(body => body !== undefined) || /\/embeddings(\?|$)/.test(asked.url)
      const isPart = missing.size < all.length && areEmbeddings
      const wanted = isPart ? [...missing] : all
      const response = await ask(isPart ? withInputs(asked, wanted) : undefined)
      text = await textOf(response)
      const bodies = splitAnswer(text, asked, wanted.length)
      // A key that changed between attempts makes it the answer of another caller.
      if (!bodies || (await identify([asked], request))[0] !== name) {
        if (!isPart || !response.ok) return { response }
        response.body?.cancel().catch(() => {})
        return { response: await ask() }
      }
      fresh = new Map(wanted.map(([key], index) => [key, bodies[index]!]))
      await tryAll(Array.from(fresh, save))
      if (!isPart) return { response, body: text }
    }
    try {
      const body = joinAnswers(
        keys.map((key, index) => fresh.get(key) ?? found[index]!),
        asked,
        text,
      )
      const response = await serve(body, missing.size ? 'partial' : 'hit', request)
      return { response, body, isHit: !missing.size }
    } catch (error) {
      report(error)
      // Delete entries that do not combine, or they fail again on every call.
      await tryAll(keys.map(async key => store.removeItem(key)))
      return { response: await ask() }
    }
  }

  return { identify, answer }
}
