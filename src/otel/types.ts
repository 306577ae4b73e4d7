/** Attributes of a span or a measure. An undefined one is left out. */
export interface Attributes {
  [name: string]: string | number | boolean | string[] | undefined
}

/** What is used of a span: OpenTelemetry's own has it, and that of `cloudflare:workers`. */
export interface SpanLike {
  setAttributes(attributes: Attributes): unknown
  setStatus(status: { readonly code: unknown }): unknown
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number }
  end(): void
}

/**
 * What is used of a tracer: `trace.getTracer('app')` of `@opentelemetry/api`, or `tracing` of `cloudflare:workers`. Where it has
 * `startActiveSpan`, what happens inside a call has its span as the parent.
 */
export interface TracerLike {
  startSpan(name: string, options?: { readonly kind?: number; readonly attributes?: Attributes }): SpanLike
  startActiveSpan?(name: string, ...rest: unknown[]): unknown
}

/** What is used of a meter: `metrics.getMeter('app')` of `@opentelemetry/api` has it. */
export interface MeterLike {
  createHistogram(
    name: string,
    options: { readonly unit: string; readonly advice: { readonly explicitBucketBoundaries: number[] } },
  ): { record(value: number, attributes: Attributes): void }
  createCounter(
    name: string,
    options: { readonly unit: string },
  ): { add(value: number, attributes: Attributes): void }
}
