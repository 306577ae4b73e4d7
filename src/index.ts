// Public names, one by one. `llmfetch/interceptors` holds what needs ofetch.

export { type ChatCompletionBuilder, chat } from './builder/chat-builder.ts'
export { type CacheOptions, cache } from './cache/cache.ts'
export { cacheApiStore } from './cache/cache-api-store.ts'
export type { CacheRequest } from './cache/cache-key.ts'
export type { CacheStore } from './cache/cache-store.ts'
export { type MemoryStoreOptions, memoryStore } from './cache/memory-store.ts'
export {
  type CacheMode,
  type Call,
  type Fetch,
  type FetchInit,
  type FetchPolicy,
  type Policy,
  type PolicyRequest,
  policy,
  type Send,
  type TimeoutLimits,
} from './call/policy.ts'
export type { CallEnd, Watcher } from './call/watcher.ts'
export { ChatCompletionStream } from './chat/chat-completion-stream.ts'
export { type ChatEvent, chatEvents } from './chat/chat-events.ts'
export { collectText } from './chat/collect-text.ts'
export { createChatCompletion } from './chat/create.ts'
export { finalCompletion } from './chat/final-completion.ts'
export { reasoningText } from './chat/quirks.ts'
export { readStream } from './chat/read-stream.ts'
export type { ContentPart } from './chat/shapes.ts'
export { streamChatCompletion } from './chat/stream.ts'
export { reasoningStream, textStream } from './chat/text-stream.ts'
export { toolCallStream } from './chat/tool-call-stream.ts'
export type {
  AssistantMessage,
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionRequest,
  Choice,
  ChunkChoice,
  Delta,
  FinishReason,
  Message,
  ResponseFormat,
  ResponseMessage,
  SystemMessage,
  Tool,
  ToolCall,
  ToolCallDelta,
  ToolChoice,
  ToolMessage,
  Usage,
  UserMessage,
} from './chat/types.ts'
export { createClient } from './client/create-client.ts'
export { type Endpoint, type EndpointRules, endpoint } from './client/endpoint.ts'
export { readJson } from './client/read-json.ts'
export { readRaw } from './client/read-raw.ts'
export type { FileInput } from './client/shapes.ts'
export type {
  CallOptions,
  Client,
  ClientConfig,
  Operation,
  Query,
  ReadContext,
  ResultPromise,
  WithResponse,
} from './client/types.ts'
export { cosineSimilarity } from './embeddings/cosine-similarity.ts'
export { createEmbedding } from './embeddings/create.ts'
export { type EmbedManyOptions, type EmbedManyRequest, embedMany } from './embeddings/embed-many.ts'
export type { Embedding, EmbeddingRequest, EmbeddingResponse } from './embeddings/types.ts'
export { APIError, type ServiceErrorDetails } from './errors/api-error.ts'
export { AuthenticationError } from './errors/authentication-error.ts'
export { CircuitOpenError } from './errors/circuit-open-error.ts'
export { ConfigurationError } from './errors/configuration-error.ts'
export { ConflictError } from './errors/conflict-error.ts'
export { ConnectionError } from './errors/connection-error.ts'
export { ContentFilterError } from './errors/content-filter-error.ts'
export { IncompleteStreamError } from './errors/incomplete-stream-error.ts'
export { LimitError } from './errors/limit-error.ts'
export { isLLMError, LLMError, type LLMErrorDetails, type PartialAnswer } from './errors/llm-error.ts'
export { NotFoundError } from './errors/not-found-error.ts'
export { OutputError, type OutputErrorCode, type OutputErrorDetails } from './errors/output-error.ts'
export { PermissionError } from './errors/permission-error.ts'
export { ProtocolError } from './errors/protocol-error.ts'
export { QueueFullError } from './errors/queue-full-error.ts'
export { RateLimitError } from './errors/rate-limit-error.ts'
export { ServerError } from './errors/server-error.ts'
export { TimeoutError, type TimeoutPhase } from './errors/timeout-error.ts'
export {
  ValidationError,
  type ValidationErrorDetails,
  type ValidationIssue,
} from './errors/validation-error.ts'
export { toDataURL } from './files/to-data-url.ts'
export { type FileSource, toFile } from './files/to-file.ts'
export { type Page, paginate } from './lists/paginate.ts'
export type { LLMClientConfig } from './llm-client/config.ts'
export { type ChatCompletions, LLMClient } from './llm-client/llm-client.ts'
export { listModels } from './models/list.ts'
export { retrieveModel } from './models/retrieve.ts'
export type { Model, ModelList } from './models/types.ts'
export { type GenerateObjectOptions, generateObject } from './output/generate-object.ts'
export { type ObjectFormat, type ObjectFormatOptions, objectFormat } from './output/object-format.ts'
export type { ObjectMode, ObjectOptions, ParsedCompletion } from './output/object-options.ts'
export { type ParseObjectOptions, parseObject } from './output/parse-object.ts'
export type { DeepPartial, JsonSchema, Schema, SchemaIssue, SchemaResult } from './output/schema.ts'
export { type ObjectStream, streamObject } from './output/stream-object.ts'
export type { WorkStream } from './output/work-stream.ts'
export { askUsage } from './policies/ask-usage.ts'
export {
  type CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitChange,
  type CircuitState,
  circuitBreaker,
} from './policies/circuit-breaker.ts'
export { compose } from './policies/compose.ts'
export { type ConcurrencyLimitOptions, concurrencyLimit } from './policies/concurrency-limit.ts'
export { type FailedService, type FallbackOptions, fallback } from './policies/fallback.ts'
export type { FallbackTarget } from './policies/fallback-target.ts'
export { type Logger, type LogLevel, type LogOptions, log } from './policies/log.ts'
export { type Metrics, type MetricsOptions, type MetricsSnapshot, metrics } from './policies/metrics.ts'
export type { CallReport } from './policies/observe.ts'
export { prometheus } from './policies/prometheus.ts'
export { type BrokenLine, type ResumeOptions, resume } from './policies/resume.ts'
export { type FailedAttempt, type RetryOptions, retry } from './policies/retry.ts'
export { timeout } from './policies/timeout.ts'
export type { SSEResponseInit } from './stream/event-response.ts'
export { type EventStream, openStream, type StreamResponse } from './stream/event-stream.ts'
export type { FoldedStreamOptions } from './stream/folded-stream.ts'
export { type EventRules, readEvents } from './stream/read-events.ts'
export type { EventReader } from './stream/sse-reader.ts'
export { teeStream } from './stream/tee-stream.ts'
export { toSSEResponse } from './stream/to-sse-response.ts'
export { runTools } from './tools/run-tools.ts'
export { streamTools } from './tools/stream-tools.ts'
export { toUIMessageResponse } from './tools/to-ui-message-response.ts'
export { tool } from './tools/tool.ts'
export { type ToolContent, toolContent } from './tools/tool-content.ts'
export type {
  RunnableTool,
  RunToolsOptions,
  ToolContext,
  ToolEvent,
  ToolOptions,
  ToolResult,
  ToolRun,
  ToolStep,
  ToolStop,
} from './tools/types.ts'
export { cost, type Price } from './usage/cost.ts'
export { createValidator } from './validation/create-validator.ts'
export { ChatCompletionRequestSchema, EmbeddingRequestSchema } from './validation/schemas.ts'
export type { StandardIssue, StandardResult, StandardSchema } from './validation/standard-schema.ts'
export { validateRequest } from './validation/validate-request.ts'
export type { WebhookEvent } from './webhooks/types.ts'
export { verifyWebhook, type WebhookRequest } from './webhooks/verify-webhook.ts'
export type { HeadersOption } from './wire/headers.ts'
export { type RateLimit, type RateLimits, rateLimits } from './wire/rate-limits.ts'
export type { KeyOption } from './wire/service.ts'
