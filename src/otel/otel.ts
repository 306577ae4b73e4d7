import { originOf } from '../call/origin-of.ts'
import { type Call, type FetchPolicy, type PolicyRequest, policy } from '../call/policy.ts'
import { isLLMError } from '../errors/llm-error.ts'
import { askingUsage } from '../policies/ask-usage.ts'
import { type Follower, follow } from '../policies/follow.ts'
import { readCounts } from '../wire/usage.ts'
import { baseAttributes, operationOf, requestAttributes, tellOutcome } from './conventions.ts'
import { endSpan, inSpan } from './in-span.ts'
import { orUndefined } from './or-undefined.ts'
import { createAnswerReader } from './read-answer.ts'
import { createRecorder } from './recorder.ts'
import type { Attributes, MeterLike, SpanLike, TracerLike } from './types.ts'

/** Writes down what was asked and answered; `messageContent` makes one. */
export interface ContentRecorder {
  /** The attributes of a request, given its body as it is sent. */
  request(body: unknown): Attributes
  /** Follows one answer. */
  answer(): { add(value: unknown): void; attributes(): Attributes }
}

export interface OtelOptions {
  /** `trace.getTracer('app')` of `@opentelemetry/api`, or `tracing` of `cloudflare:workers`. */
  readonly tracer: TracerLike
  /** `metrics.getMeter('app')` of `@opentelemetry/api`. @default none: nothing is measured */
  readonly meter?: MeterLike | undefined
  /** Who serves the model, as the conventions name it: `'groq'`, `'azure.ai.openai'`. @default 'openai', whose format it is */
  readonly provider?: string | undefined
  /** Asks for the usage of chat streams, as `askUsage` does: most services count a stream only then. @default false */
  readonly usage?: boolean | undefined
  /** Records prompts and answers: `messageContent({ maxChars: 8192 })`. @default false */
  readonly content?: ContentRecorder | false | undefined
  /**
   * The origins that are told of the trace by a `traceparent` header, `['https://gateway.example']`. In a page, each must allow
   * that header by CORS.
   * @default false
   */
  readonly propagate?: readonly string[] | false | undefined
  /** Adds attributes to a span as it begins. What it throws is dropped. */
  readonly attributes?: ((request: PolicyRequest) => Attributes) | undefined
  /** The release of the conventions whose names are used; `'latest'` changes with this library's minor releases. @default 'latest' */
  readonly names?: 'latest' | '0.1.0' | undefined
}

/** Adds the trace to a request's headers; undefined for a span that nobody records, or where the caller has set it. */
function headersWithTrace(
  { headers: asked }: PolicyRequest,
  span: SpanLike | undefined,
): Headers | undefined {
  const { traceId, spanId, traceFlags } = span!.spanContext()
  const headers = new Headers(asked)
  if (headers.has('traceparent') || !/[1-9a-f]/.test(traceId)) return undefined
  headers.set('traceparent', `00-${traceId}-${spanId}-0${traceFlags & 1}`)
  return headers
}

/**
 * Reports each call to OpenTelemetry: as a span, and as metrics where there is a `meter`, named by its conventions for generative AI.
 * They are experimental, and so is this. Nothing here imports `@opentelemetry/api`: whatever has the shape of its tracer will do.
 *
 * Outermost there is one span for each call, from the call to the end of its body; inside `retry` one for each attempt, with
 * `http.request.resend_count`. Neither holds a prompt, an answer, a key or the message of an error, unless `content` is set.
 * Nothing that a tracer or a meter throws reaches a call. Around another client's `fetch` no answer is read, and a body that
 * nobody reads ends no span.
 *
 * @example
 * const tracer = trace.getTracer('app')
 * const client = createClient({ apiKey, policies: [otel({ tracer, meter: metrics.getMeter('app'), usage: true }), retry()] })
 */
export function otel(options: OtelOptions): FetchPolicy {
  const { tracer, meter, provider = 'openai', usage, content, propagate, attributes } = options
  const record = createRecorder(meter)
  /** How often each call has come by here, by what its attempts have in common. */
  const sent = new WeakMap<object, number>()

  /** Follows a call to its end. It lives as long as a stream does, so that nothing that was sent may be in its scope. */
  function createFollower(
    operation: string,
    isNamed: boolean,
    base: Attributes,
    before: number,
    span: SpanLike | undefined,
    call: Call | undefined,
  ): Follower {
    const answer = createAnswerReader(call?.scrub ?? String)
    const contents = content ? orUndefined(() => content.answer()) : undefined
    return {
      onValue(value) {
        // The answer of any other operation, a file or a model, has an id of another kind.
        if (isNamed) answer.add(value)
        if (contents) orUndefined(() => contents.add(value))
      },
      onEnd({ outcome, error, status, attempts, usage, ms, firstEventMs }) {
        const failure = error === undefined ? `${status}` : isLLMError(error) ? error.name : 'Error'
        // The tokens of an answer from a cache are those of the call that it was made for.
        const isCounted = attempts !== 0 && operation !== 'fetch_response'
        const ended = {
          ...answer.result(),
          error: outcome === 'failed' ? failure : undefined,
          resends: before + Math.max(0, (attempts ?? 1) - 1),
          counts: isCounted ? readCounts(usage) : {},
          firstEventMs,
          ms,
        }
        const told = tellOutcome(operation, base, ended, record)
        endSpan(span, { ...told, ...orUndefined(() => contents?.attributes()) }, ended.error)
      },
    }
  }

  const tracing = policy('otel', (request, send) => {
    const { call, url, init, method } = request
    const target = orUndefined(() => new URL(originOf(url)))
    const body = Object(orUndefined(() => JSON.parse(init.body as string)))
    const own = call?.operation ?? 'fetch'
    const operation = operationOf(method, url.split('?')[0]!, own)
    const model = typeof body.model === 'string' ? body.model : undefined
    const base = baseAttributes(operation, provider, model, target)
    const before = (call && sent.get(call.read)) ?? 0
    if (call) sent.set(call.read, before + 1)
    const start = {
      ...base,
      ...orUndefined(() => requestAttributes(body)),
      ...(content && orUndefined(() => content.request(body))),
      ...orUndefined(() => attributes?.(request)),
    }
    return inSpan(tracer, model ? `${operation} ${model}` : operation, 2, start, span => {
      const headers = orUndefined(() =>
        (propagate || []).includes(target!.origin) ? headersWithTrace(request, span) : undefined,
      )
      const follower = createFollower(operation, operation !== own, base, before, span, call)
      return follow(request, watcher => send(watcher, headers && { headers }), follower)
    })
  })
  return usage ? askingUsage(tracing) : tracing
}
