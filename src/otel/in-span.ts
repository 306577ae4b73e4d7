import { orUndefined } from './or-undefined.ts'
import { present } from './present.ts'
import type { Attributes, SpanLike, TracerLike } from './types.ts'

/**
 * Begins a span and runs `work` with it, which ends it. The span is the parent of what `work` begins, where the tracer can make
 * it so. A tracer that throws costs the span, and never the work.
 *
 * @param kind OpenTelemetry's: 0 is work of one's own, 2 a client's request
 */
export function inSpan<T>(
  tracer: TracerLike,
  name: string,
  kind: 0 | 2,
  attributes: Attributes,
  work: (span: SpanLike | undefined) => Promise<T>,
): Promise<T> {
  let begun: Promise<T> | undefined
  const start = { kind, attributes: present(attributes) }
  const begin = (span?: SpanLike): Promise<T> => {
    // Workers' own tracer takes no attributes before.
    orUndefined(() => span?.setAttributes(start.attributes))
    begun ??= work(span)
    return begun
  }
  orUndefined(() => {
    tracer.startActiveSpan?.(name, ...('enterSpan' in tracer ? [] : [start]), begin)
    begun ?? begin(tracer.startSpan(name, start))
  })
  return begun ?? begin()
}

/** Ends a span, as one of a failure where `error` names one. No message: it may repeat the prompt. */
export function endSpan(span: SpanLike | undefined, attributes: Attributes, error: string | undefined): void {
  orUndefined(() => span?.setAttributes(present(attributes)))
  // Workers' own tracer names the status and throws at a number, which is OpenTelemetry's and takes the place of the name there.
  if (error) for (const code of ['error', 2]) orUndefined(() => span?.setStatus({ code }))
  orUndefined(() => span?.end())
}
