import type { Meter, Tracer } from '@opentelemetry/api'
import { describe, expectTypeOf, it } from 'vitest'
import type { FetchPolicy } from '../../src/index.ts'
import {
  type AroundTool,
  type MeterLike,
  messageContent,
  otel,
  type TracerLike,
  toolSpans,
} from '../../src/otel/index.ts'

declare const tracer: Tracer
declare const meter: Meter

/** `tracing` of `cloudflare:workers`, as its types of November 2026 have it. */
interface WorkersSpan {
  get isTraced(): boolean
  spanContext(): { traceId: string; spanId: string; traceFlags: number }
  setAttribute(key: string, value: boolean | number | string): this
  setAttributes(attributes: Record<string, boolean | number | string | undefined>): this
  setStatus(status: { code: 'unset' | 'ok' | 'error'; message?: string }): this
  end(): void
}
declare const tracing: {
  enterSpan<T, A extends unknown[]>(
    name: string,
    callback: (span: WorkersSpan, ...args: A) => T,
    ...args: A
  ): T
  startActiveSpan<T, A extends unknown[]>(
    name: string,
    callback: (span: WorkersSpan, ...args: A) => T,
    ...args: A
  ): T
  startSpan(name: string): WorkersSpan
  getActiveSpan(): WorkersSpan | undefined
}

describe('otel', () => {
  it("takes OpenTelemetry's own tracer and meter, and that of Workers", () => {
    expectTypeOf(tracer).toExtend<TracerLike>()
    expectTypeOf(meter).toExtend<MeterLike>()
    expectTypeOf(tracing).toExtend<TracerLike>()
    expectTypeOf(
      otel({ tracer, meter, usage: true, propagate: ['https://a.test'] }),
    ).toEqualTypeOf<FetchPolicy>()
    otel({
      tracer: tracing,
      content: messageContent({ maxChars: 100 }),
      attributes: ({ call }) => ({ user: call?.operation }),
    })
    expectTypeOf(toolSpans({ tracer, meter })).toEqualTypeOf<AroundTool>()
  })

  it('refuses what it does not know', () => {
    // @ts-expect-error: there must be a tracer
    otel({})
    // @ts-expect-error: no such option
    otel({ tracer, sampler: 1 })
    // @ts-expect-error: it is a recorder, not a flag
    otel({ tracer, content: true })
    // @ts-expect-error: a list, so that no origin is told by accident
    otel({ tracer, propagate: true })
  })
})
