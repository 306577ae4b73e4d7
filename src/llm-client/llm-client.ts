import { type ChatCompletionBuilder, chat } from '../builder/chat-builder.ts'
import { ChatCompletionStream, type ChatCompletionStreamOptions } from '../chat/chat-completion-stream.ts'
import { createChatCompletion } from '../chat/create.ts'
import { streamChatCompletion } from '../chat/stream.ts'
import type { ChatCompletion, ChatCompletionRequest } from '../chat/types.ts'
import type { CallOptions, Client, ClientConfig, ResultPromise } from '../client/client.ts'
import { createClient } from '../client/create-client.ts'
import { createEmbedding } from '../embeddings/create.ts'
import type { EmbeddingRequest, EmbeddingResponse } from '../embeddings/types.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { listModels } from '../models/list.ts'
import { retrieveModel } from '../models/retrieve.ts'
import type { Model, ModelList } from '../models/types.ts'
import { type CacheOptions, cache } from '../policies/cache.ts'
import {
  type CircuitBreaker,
  type CircuitBreakerOptions,
  circuitBreaker,
} from '../policies/circuit-breaker.ts'
import { concurrencyLimit } from '../policies/concurrency-limit.ts'
import { type FallbackOptions, fallback } from '../policies/fallback.ts'
import { type InterceptorOptions, interceptors } from '../policies/interceptors.ts'
import { type Logger, type LogLevel, log } from '../policies/log.ts'
import { type Metrics, type MetricsOptions, type MetricsSnapshot, metrics } from '../policies/metrics.ts'
import type { Policy, TimeoutLimits } from '../policies/policy.ts'
import { type RetryOptions, retry } from '../policies/retry.ts'
import { timeout } from '../policies/timeout.ts'
import { validateRequest } from '../validation/validate-request.ts'
import { endWith } from './closing.ts'
import { readEnvironment } from './environment.ts'

/** What {@link LLMClient} takes: a client's configuration, and its policies' settings. */
export interface LLMClientConfig extends Omit<ClientConfig, 'validate'>, InterceptorOptions {
  /** A short-lived token, or a function that gives one; used where there is no `apiKey`. */
  readonly accessToken?: ClientConfig['apiKey']
  /** In milliseconds; a number stands for `headers`, `firstEvent` and `idle`, 0 is off. @default 60_000 */
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
  /** Settings of `fallback`: services to ask when this one is down. @default none */
  readonly fallback?: FallbackOptions | undefined
  /** What calls are logged with; one of `logger` and `logLevel` switches `log` on. @default console */
  readonly logger?: Logger | undefined
  /** From which level on. @default 'info' */
  readonly logLevel?: LogLevel | undefined
  /** Measures calls, for {@link LLMClient.metrics}; a function is given a report of each as well. @default false */
  readonly metrics?: boolean | MetricsOptions['sink'] | undefined
  /**
   * Settings of `cache`, which answers again what was answered before: `{}` for its own defaults, in memory for five minutes.
   * @default false
   */
  readonly cache?: CacheOptions | false | undefined
  /** Checks requests before they are sent. @default true */
  readonly validate?: boolean | undefined
}

/** Chat completions of an {@link LLMClient}. */
export interface ChatCompletions {
  /** Asks for a completion and waits for the whole answer; see `createChatCompletion`. */
  create(request: ChatCompletionRequest, options?: CallOptions): ResultPromise<ChatCompletion>
  /** Asks for a completion as a stream; see `streamChatCompletion`. */
  stream(
    request: ChatCompletionRequest,
    options?: CallOptions & ChatCompletionStreamOptions,
  ): ChatCompletionStream
  /** Begins a request; see `chat`. */
  builder(): ChatCompletionBuilder
  /** Begins a request for a model. */
  model(model: string): ChatCompletionBuilder<'model'>
}

/**
 * Everything in one object, with validation, retries, timeouts, a circuit breaker and a limit of concurrent requests switched
 * on. `apiKey` and `baseUrl` may come from the environment, `LLM_API_KEY` and `LLM_BASE_URL`, where the runtime has one.
 * `close`, or `await using`, ends what is in flight.
 *
 * Whoever counts bytes uses `createClient` and the functions.
 *
 * @throws {ConfigurationError} as `createClient` and the policies do
 */
export class LLMClient {
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
  readonly #closing = new AbortController()
  readonly #metrics: Metrics | undefined

  constructor(config: LLMClientConfig = {}) {
    const { accessToken, logger, logLevel: level, metrics: sink } = config
    // A token is short-lived, so it may be in a browser, as what a function gives may.
    const token = typeof accessToken === 'string' ? () => accessToken : accessToken
    if (sink) this.#metrics = metrics({ sink: sink === true ? undefined : sink })
    const client = createClient({
      ...config,
      apiKey: config.apiKey ?? token ?? readEnvironment('LLM_API_KEY'),
      baseUrl: config.baseUrl ?? readEnvironment('LLM_BASE_URL'),
      validate: config.validate === false ? undefined : validateRequest,
      policies: [
        endWith(this.#closing.signal),
        (logger || level) && log({ logger, level }),
        this.#metrics,
        ...(config.policies ?? []),
        ...resilience(config),
      ].filter(policy => !!policy),
    })
    this.baseUrl = client.baseUrl
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
   * @throws {ConfigurationError} where `metrics` is not switched on
   */
  metrics(): MetricsSnapshot {
    if (!this.#metrics) throw new ConfigurationError('metrics is off: pass metrics: true')
    return this.#metrics.snapshot()
  }

  /** Ends every call in flight, which reject with an `LLMError` of code `'CLIENT_CLOSED'`, as do later ones. */
  close(): void {
    this.#closing.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}

/**
 * The policies in their order, outermost first. What the cache has needs none of the others. One deadline spans these. Another
 * service is asked when a service's retries are spent. Each attempt takes its own turn, so that a wait between two holds no
 * place, and meets the breaker only when its turn has come: what queued up while the service went down is refused, not sent.
 * The breaker sees each attempt, and what its time limits end; they begin with the request, not in the queue.
 */
function resilience(config: LLMClientConfig): readonly Policy[] {
  const { retry: retryOptions, circuitBreaker: breaker, maxConcurrentRequests: limit = 100 } = config
  const { timeout: limits = 60_000 } = config
  const { total, ...phases } =
    typeof limits === 'number' ? { headers: limits, firstEvent: limits, idle: limits, total: 0 } : limits
  return [
    config.cache && cache(config.cache),
    timeout({ total }),
    config.fallback && fallback(config.fallback),
    retryOptions !== false && retry(retryOptions),
    concurrencyLimit({ limit }),
    breaker !== false && (typeof breaker === 'function' ? breaker : circuitBreaker(breaker)),
    timeout(phases),
    (config.onRequest || config.onRequestError || config.onResponse || config.onResponseError) &&
      interceptors(config),
  ].filter(policy => !!policy)
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
