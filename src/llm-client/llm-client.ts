import { type ChatCompletionBuilder, chat } from '../builder/chat-builder.ts'
import { ChatCompletionStream } from '../chat/chat-completion-stream.ts'
import { createChatCompletion } from '../chat/create.ts'
import { streamChatCompletion } from '../chat/stream.ts'
import type { ChatCompletion, ChatCompletionRequest } from '../chat/types.ts'
import { createClient } from '../client/create-client.ts'
import type { CallOptions, Client, ResultPromise } from '../client/types.ts'
import { createEmbedding } from '../embeddings/create.ts'
import type { EmbeddingRequest, EmbeddingResponse } from '../embeddings/types.ts'
import { listModels } from '../models/list.ts'
import { retrieveModel } from '../models/retrieve.ts'
import type { Model, ModelList } from '../models/types.ts'
import type { Metrics, MetricsSnapshot } from '../policies/metrics.ts'
import type { FoldedStreamOptions } from '../stream/folded-stream.ts'
import { checkRules } from '../validation/validate-request.ts'
import { misconfigured } from '../wire/service.ts'
import { checkConfig, checkedClient } from './check-options.ts'
import { createClosing } from './closing.ts'
import { keyOf, type LLMClientConfig } from './config.ts'
import { readEnvironment } from './environment.ts'
import { policiesOf } from './policies-of.ts'

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
 * and `LLM_BASE_URL`, where the runtime has one; for OpenAI's own host also from `OPENAI_API_KEY`. `close`, or `await using`, ends what
 * is in flight.
 *
 * Where bytes count, use `createClient` and the functions.
 *
 * @throws {ConfigurationError} as `createClient` and the policies do, and for an unknown option
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

  constructor(given: LLMClientConfig = {}) {
    // As in `createClient`: a polluted prototype says nothing.
    const config = { __proto__: null, ...given } as LLMClientConfig
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
    if (!this.#metrics) misconfigured('metrics is off: new LLMClient({ metrics: metrics() })')
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

function chatCompletions(client: Client): ChatCompletions {
  return {
    create: (request, options) => createChatCompletion(client, request, options),
    stream: (request, options) =>
      new ChatCompletionStream(streamChatCompletion(client, request, options), options),
    builder: () => chat(client),
    model: model => chat(client).model(model),
  }
}
