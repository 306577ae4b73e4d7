import { type ChatCompletionBuilder, chat } from '../builder/chat-builder.ts'
import type { Policy, TimeoutLimits } from '../call/policy.ts'
import { ChatCompletionStream } from '../chat/chat-completion-stream.ts'
import { createChatCompletion } from '../chat/create.ts'
import { streamChatCompletion } from '../chat/stream.ts'
import type { ChatCompletion, ChatCompletionRequest } from '../chat/types.ts'
import { createClient } from '../client/create-client.ts'
import type { CallOptions, Client, ClientConfig, ResultPromise } from '../client/types.ts'
import { createEmbedding } from '../embeddings/create.ts'
import type { EmbeddingRequest, EmbeddingResponse } from '../embeddings/types.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { listModels } from '../models/list.ts'
import { retrieveModel } from '../models/retrieve.ts'
import type { Model, ModelList } from '../models/types.ts'
import {
  type CircuitBreaker,
  type CircuitBreakerOptions,
  circuitBreaker,
} from '../policies/circuit-breaker.ts'
import { concurrencyLimit } from '../policies/concurrency-limit.ts'
import type { Metrics, MetricsSnapshot } from '../policies/metrics.ts'
import { type RetryOptions, retry } from '../policies/retry.ts'
import { timeout } from '../policies/timeout.ts'
import type { FoldedStreamOptions } from '../stream/folded-stream.ts'
import { checkRules } from '../validation/validate-request.ts'
import { called } from './called.ts'
import { checkConfig, checkedClient } from './check-options.ts'
import { createClosing } from './closing.ts'
import { readEnvironment } from './environment.ts'
import { hints } from './hints.ts'

/**
 * What {@link LLMClient} takes: a client's configuration, settings of the policies that are on by default, and slots for others.
 * A slot takes a policy, so that a bundle holds only those that are used.
 */
export interface LLMClientConfig extends Omit<ClientConfig, 'validate'> {
  /** A short-lived token, or a function that gives one; used where there is no `apiKey`. */
  readonly accessToken?: ClientConfig['apiKey']
  /**
   * In milliseconds; a number stands for `headers`, `firstEvent` and `idle`, 0 is off. `total` ends a call that was abandoned.
   * @default { headers: 60_000, firstEvent: 60_000, idle: 60_000, total: 600_000 }
   */
  readonly timeout?: number | TimeoutLimits | undefined
  /** Settings of `retry`, or false for none. @default 3 retries */
  readonly retry?: RetryOptions | false | undefined
  /**
   * Settings of `circuitBreaker`; or one that you made, to read its state; or false for none.
   * @default { failureThreshold: 5, successThreshold: 2, timeout: 60_000 }
   */
  readonly circuitBreaker?: CircuitBreakerOptions | CircuitBreaker | false | undefined
  /** How many requests may be under way at once; more wait for their turn. `Infinity` is no limit. @default 100 */
  readonly maxConcurrentRequests?: number | undefined
  /** A slot for `log({ level: 'warn' })`, outermost. @default none */
  readonly log?: Policy | undefined
  /** A slot for `metrics()`, whose measures {@link LLMClient.metrics} gives. @default none */
  readonly metrics?: Metrics | undefined
  /** A slot for `interceptors({ onRequest })` of `llmfetch/interceptors`, outside the cache: it sees a call once. @default none */
  readonly interceptors?: Policy | undefined
  /** A slot for `cache({ ttl: 300_000 })`, which answers again what was answered before. @default none */
  readonly cache?: Policy | undefined
  /** A slot for `fallback({ to })`: services to ask when this one is down. @default none */
  readonly fallback?: Policy | undefined
  /** Checks requests before they are sent. @default true */
  readonly validate?: boolean | undefined
}

/** Chat completions of an {@link LLMClient}. */
export interface ChatCompletions {
  /** Asks for a completion and waits for the whole answer; see `createChatCompletion`. */
  create(request: ChatCompletionRequest, options?: CallOptions): ResultPromise<ChatCompletion>
  /** Asks for a completion as a stream; see `streamChatCompletion`. */
  stream(request: ChatCompletionRequest, options?: CallOptions & FoldedStreamOptions): ChatCompletionStream
  /** Begins a request; see `chat`. */
  builder(): ChatCompletionBuilder
  /** Begins a request for a model. */
  model(model: string): ChatCompletionBuilder<'model'>
}

/**
 * Everything in one object, with validation, retries, timeouts, a circuit breaker and a limit of concurrent requests switched
 * on; it is a {@link Client}, so every function takes it. `apiKey` and `baseUrl` may come from the environment, `LLM_API_KEY`
 * and `LLM_BASE_URL`, where the runtime has one, and for OpenAI's own host `OPENAI_API_KEY`. `close`, or `await using`, ends what
 * is in flight.
 *
 * Whoever counts bytes uses `createClient` and the functions.
 *
 * @throws {ConfigurationError} as `createClient` and the policies do, and for an option that nobody knows
 * @example
 * const client = new LLMClient({ apiKey, cache: cache({ ttl: 300_000 }), metrics: metrics() })
 * const completion = await client.chat.completions.create({ model: 'gpt-4.1', messages })
 */
export class LLMClient implements Client {
  readonly baseUrl: string
  readonly chat: { readonly completions: ChatCompletions }
  readonly embeddings: {
    /** Turns texts into vectors; see `createEmbedding`. */
    create(request: EmbeddingRequest, options?: CallOptions): ResultPromise<EmbeddingResponse>
  }
  readonly models: {
    /** Lists the models; see `listModels`. */
    list(options?: CallOptions): ResultPromise<ModelList>
    /** Tells of one model; see `retrieveModel`. */
    get(model: string, options?: CallOptions): ResultPromise<Model>
  }
  readonly request: Client['request']
  readonly #closing = createClosing()
  readonly #metrics: Metrics | undefined

  constructor(config: LLMClientConfig = {}) {
    checkConfig(config)
    this.#metrics = config.metrics
    const baseUrl = config.baseUrl ?? readEnvironment('LLM_BASE_URL')
    const client = checkedClient(
      createClient({
        ...config,
        apiKey: keyOf(config, baseUrl),
        baseUrl,
        validate: config.validate === false ? undefined : checkRules,
        policies: [this.#closing.policy, ...policiesOf(config)],
      }),
    )
    this.baseUrl = client.baseUrl
    this.request = client.request
    this.chat = { completions: chatCompletions(client) }
    this.embeddings = { create: (request, options) => createEmbedding(client, request, options) }
    this.models = {
      list: options => listModels(client, options),
      get: (model, options) => retrieveModel(client, model, options),
    }
  }

  /**
   * What was measured so far.
   *
   * @throws {ConfigurationError} where the slot `metrics` is empty
   */
  metrics(): MetricsSnapshot {
    if (!this.#metrics) throw new ConfigurationError('metrics is off: new LLMClient({ metrics: metrics() })')
    return this.#metrics.snapshot()
  }

  /** Ends every call in flight, which reject with an `LLMError` of code `'CLIENT_CLOSED'`, as do later ones. */
  close(): void {
    this.#closing.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}

/** The key of the configuration, or that of the environment: OpenAI's own goes to no other host. */
function keyOf(
  { apiKey, accessToken }: LLMClientConfig,
  baseUrl: string | undefined,
): ClientConfig['apiKey'] {
  // A token is short-lived, so it may be in a browser, as what a function gives may.
  const token = typeof accessToken === 'string' ? () => accessToken : accessToken
  const isOpenAI = !baseUrl || /^https:\/\/api\.openai\.com(\/|$)/.test(baseUrl)
  return (
    apiKey ??
    token ??
    readEnvironment('LLM_API_KEY') ??
    (isOpenAI ? readEnvironment('OPENAI_API_KEY') : undefined)
  )
}

/**
 * The policies in their order, outermost first. What changes a request stands outside the cache, and what the cache has needs
 * none of the others. One deadline spans these. Another service is asked when a service's retries are spent. Each attempt takes
 * its own turn, so that a wait between two holds no place, and meets the breaker only when its turn has come: what queued up
 * while the service went down is refused, not sent. The breaker sees each attempt, and what its time limits end; they begin with
 * the request, not in the queue.
 */
function policiesOf(config: LLMClientConfig): readonly Policy[] {
  const { retry: retryOptions, circuitBreaker: breaker, maxConcurrentRequests: limit = 100 } = config
  const { timeout: limits = 60_000 } = config
  const given = typeof limits === 'object' ? limits : { headers: limits, firstEvent: limits, idle: limits }
  const { total = 600_000, ...phases } = given
  return [
    config.log,
    config.metrics,
    ...(config.policies ?? []),
    config.interceptors,
    config.cache,
    timeout({ total }),
    config.fallback,
    retryOptions !== false && retry(retryOptions),
    concurrencyLimit({ limit }),
    breaker !== false && (typeof breaker === 'function' ? breaker : circuitBreaker(breaker)),
    timeout(phases),
    hints,
  ].flatMap(policy => (policy ? called(policy) : []))
}

function chatCompletions(client: Client): ChatCompletions {
  return {
    create: (request, options) => createChatCompletion(client, request, options),
    stream: (request, options) =>
      new ChatCompletionStream(streamChatCompletion(client, request, options), options),
    builder: () => chat(client),
    model: model => chat(client).model(model),
  }
}
