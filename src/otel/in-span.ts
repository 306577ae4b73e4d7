import { orUndefined } from './or-undefined.ts'
import type { Attributes, SpanLike, TracerLike } from './types.ts'

/** What a span begins with. `kind` is OpenTelemetry's: 0 is work of one's own, 2 a client's request. */
export interface SpanStart {
  readonly kind: 0 | 2
  readonly attributes: Attributes
}

/**
 * Begins a span and runs `work` with it, which ends it. The span is the parent of what `work` begins, where the tracer can make
 * it so. A tracer that throws costs the span, and never the work.
 */
export function inSpan<T>(
  tracer: TracerLike,
  name: string,
  start: SpanStart,
  work: (span: SpanLike | undefined) => Promise<T>,
): Promise<T> {
  let begun: Promise<T> | undefined
  const begin = (span?: SpanLike): Promise<T> => {
    // Workers' own tracer takes no attributes before.
    orUndefined(() => span?.setAttributes(start.attributes))
    begun ??= work(span)
    return begun
  }
  orUndefined(() => {
    if (!tracer.startActiveSpan) begin(tracer.startSpan(name, start))
    else if ('enterSpan' in tracer) tracer.startActiveSpan(name, begin)
    else tracer.startActiveSpan(name, start, begin)
  })
  return begun ?? begin()
}

/** Ends a span, as one of a failure where `error` names one. No message: it may repeat the prompt. */
export function endSpan(span: SpanLike | undefined, attributes: Attributes, error: string | undefined): void {
  orUndefined(() => span?.setAttributes(attributes))
  // Workers' own tracer names the status and throws at a number, which is OpenTelemetry's and takes the place of the name there.
  if (error) for (const code of ['error', 2]) orUndefined(() => span?.setStatus({ code }))
  orUndefined(() => span?.end())
}
