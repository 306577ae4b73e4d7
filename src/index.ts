// Public names, one by one.

export { type ChatCompletionBuilder, chat } from './builder/chat-builder.ts'
export { ChatCompletionStream, type ChatCompletionStreamOptions } from './chat/chat-completion-stream.ts'
export { collectText } from './chat/collect-text.ts'
export { createChatCompletion } from './chat/create.ts'
export { finalCompletion } from './chat/final-completion.ts'
export { ChatCompletionRequestSchema } from './chat/schema.ts'
export { streamChatCompletion } from './chat/stream.ts'
export { textStream } from './chat/text-stream.ts'
export { toSSEResponse } from './chat/to-sse-response.ts'
export { toolCallStream } from './chat/tool-call-stream.ts'
export type {
  AssistantMessage,
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionRequest,
  Choice,
  ChunkChoice,
  ContentPart,
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
export type {
  Answer,
  CallOptions,
  Client,
  ClientConfig,
  Operation,
  Query,
  ReadContext,
  ResultPromise,
  WithResponse,
} from './client/client.ts'
export { createClient } from './client/create-client.ts'
export type { HeadersOption } from './client/headers.ts'
export { createEmbedding } from './embeddings/create.ts'
export { EmbeddingRequestSchema } from './embeddings/schema.ts'
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
export { isLLMError, LLMError, type LLMErrorDetails } from './errors/llm-error.ts'
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
export type { BodyEnd, BodyWatcher } from './internal/body-watcher.ts'
export type { RateLimit, RateLimits } from './internal/rate-limits.ts'
export { type ChatCompletions, LLMClient, type LLMClientConfig } from './llm-client/llm-client.ts'
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
export { type CacheOptions, cache } from './policies/cache.ts'
export { cacheApiStore } from './policies/cache-api-store.ts'
export type { CacheRequest } from './policies/cache-key.ts'
export type { CacheStore } from './policies/cache-store.ts'
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
export { type InterceptorContext, type InterceptorOptions, interceptors } from './policies/interceptors.ts'
export { type Logger, type LogLevel, type LogOptions, log } from './policies/log.ts'
export { type MemoryStoreOptions, memoryStore } from './policies/memory-store.ts'
export { type Metrics, type MetricsOptions, type MetricsSnapshot, metrics } from './policies/metrics.ts'
export type { CallReport } from './policies/observe.ts'
export type { CacheMode, Call, Fetch, FetchInit, Policy, TimeoutLimits } from './policies/policy.ts'
export { type FailedAttempt, type RetryOptions, retry } from './policies/retry.ts'
export { timeout } from './policies/timeout.ts'
export type { EventReader } from './stream/event-reader.ts'
export type { EventStream, StreamResponse } from './stream/event-stream.ts'
export { teeStream } from './stream/tee-stream.ts'
export type { ChatEvent } from './tools/events.ts'
export { runTools } from './tools/run-tools.ts'
export { streamTools } from './tools/stream-tools.ts'
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
export { validateRequest } from './validation/validate-request.ts'
