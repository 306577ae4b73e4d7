import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type Client,
  collectText,
  createChatCompletion,
  createEmbedding,
  finalCompletion,
  type Policy,
  retry,
  streamChatCompletion,
} from '../../src/index.ts'
import { type OtelOptions, otel, toolSpans } from '../../src/otel/index.ts'
import { createFakeFetch, type FakeModelOptions } from '../../src/testing/index.ts'
import { chatRequest, clientOf, failureOf } from '../client/harness.ts'
import conventions from '../fixtures/genai-conventions.json' with { type: 'json' }
import { type Collector, startCollector } from './collector.ts'

const contexts = new AsyncLocalStorageContextManager()
beforeAll(() => {
  context.setGlobalContextManager(contexts.enable())
})
afterAll(() => {
  context.disable()
})

/** OpenTelemetry's own SDK, which sends everything to a collector over OTLP. */
function startSdk({ url }: Collector) {
  const traces = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter({ url: `${url}/v1/traces` }))],
  })
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${url}/v1/metrics` }),
    exportIntervalMillis: 3_600_000,
  })
  const meters = new MeterProvider({ readers: [reader] })
  return {
    tracer: traces.getTracer('test'),
    meter: meters.getMeter('test'),
    async flush() {
      await traces.forceFlush()
      await meters.forceFlush()
    },
    stop: () => Promise.all([traces.shutdown(), meters.shutdown()]),
  }
}

let collector: Collector
let sdk: ReturnType<typeof startSdk>
beforeEach(async () => {
  collector = await startCollector()
  sdk = startSdk(collector)
})
afterEach(async () => {
  await sdk.stop()
  await collector.close()
})

function traced(
  model: FakeModelOptions = {},
  options: Partial<OtelOptions> = {},
  outer: Policy[] = [],
  inner: Policy[] = [],
): Client {
  const { tracer, meter } = sdk
  return clientOf(createFakeFetch(model), {
    policies: [...outer, otel({ tracer, meter, ...options }), ...inner],
  })
}

async function collected() {
  await sdk.flush()
  return collector.spans()
}

const CLIENT = 3
const INTERNAL = 1

describe("OpenTelemetry's own SDK", () => {
  it('gets a span of a plain call', async () => {
    const { usage } = await createChatCompletion(traced(), chatRequest)
    expect(await collected()).toMatchObject([
      {
        name: 'chat fake-small',
        kind: CLIENT,
        status: 0,
        events: 0,
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.response.finish_reasons': ['stop'],
          'gen_ai.usage.output_tokens': usage!.completionTokens,
          'server.port': 443,
        },
      },
    ])
  })

  it('gets a span of a stream, with its usage, and six instruments', async () => {
    const { usage } = await finalCompletion(streamChatCompletion(traced({}, { usage: true }), chatRequest))
    const [span] = await collected()
    expect(span!.attributes['gen_ai.usage.input_tokens']).toBe(usage!.promptTokens)
    const metrics = collector.metrics()
    for (const { name, unit, kind, bounds } of metrics) {
      const known: { kind: string; unit: string; bounds?: string } =
        conventions.metrics[name as keyof typeof conventions.metrics]
      expect({ unit, kind }).toEqual({
        unit: known.unit,
        kind: known.kind === 'counter' ? 'sum' : 'histogram',
      })
      if (known.bounds) expect(bounds).toEqual(conventions.bounds[known.bounds as 'times'])
    }
    const output = metrics.find(({ name }) => name === 'gen_ai.client.inference.usage.output_tokens')
    expect(output!.points).toMatchObject([
      { value: usage!.completionTokens, attributes: { 'gen_ai.token.modality': 'unknown' } },
    ])
    expect(metrics.length).toBeGreaterThanOrEqual(6)
  })

  it('gets a span of an embedding', async () => {
    await createEmbedding(traced(), { model: 'fake-embed', input: 'words' })
    expect((await collected())[0]!.name).toBe('embeddings fake-embed')
  })

  it('gets the failure of a stream that is cut, and of a bad request', async () => {
    const client = traced({ faults: [{ cut: 2 }, { status: 400 }] })
    await failureOf(collectText(streamChatCompletion(client, chatRequest)))
    await failureOf(createChatCompletion(client, chatRequest))
    expect(await collected()).toMatchObject([
      {
        status: 2,
        attributes: { 'error.type': 'IncompleteStreamError', 'gen_ai.response.finish_reasons': ['error'] },
      },
      { status: 2, attributes: { 'error.type': 'ValidationError' } },
    ])
  })

  it('nests attempts in their call, and the call in what the caller does', async () => {
    const { tracer } = sdk
    const client = traced(
      { faults: [{ status: 503 }] },
      {},
      [],
      [retry({ initialDelay: 0 }), otel({ tracer })],
    )
    await tracer.startActiveSpan('own', async own => {
      await createChatCompletion(client, chatRequest)
      own.end()
    })
    const spans = await collected()
    const outer = spans.find(({ name }) => name === 'own')!
    const call = spans.find(({ parentSpanId }) => parentSpanId === outer.spanId)!
    const attempts = spans.filter(({ parentSpanId }) => parentSpanId === call.spanId)
    expect(
      attempts.map(({ status, attributes }) => [status, attributes['http.request.resend_count']]),
    ).toEqual([
      [2, undefined],
      [0, 1],
    ])
    expect(call).toMatchObject({ status: 0, attributes: { 'http.request.resend_count': 1 } })
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
  })

  it('tells a service of the span that is recorded', async () => {
    const fetch = createFakeFetch()
    const client = clientOf(fetch, {
      policies: [otel({ tracer: sdk.tracer, propagate: ['https://api.test'] })],
    })
    await createChatCompletion(client, chatRequest)
    const { traceId, spanId } = (await collected())[0]!
    expect(fetch.requests[0]!.headers.traceparent).toBe(`00-${traceId}-${spanId}-01`)
  })

  it('gets a span for each tool, the parent of what the tool asks', async () => {
    const around = toolSpans({ tracer: sdk.tracer, meter: sdk.meter })
    const call = { id: 'call_1', function: { name: 'summarize', arguments: '{}' } }
    await around(call, () => createChatCompletion(traced(), chatRequest))
    await failureOf(around(call, () => Promise.reject(new RangeError('no'))))
    const spans = await collected()
    const [chat, tool, failed] = ['chat fake-small', 'execute_tool summarize', ''].map((name, index) =>
      index < 2 ? spans.find(span => span.name === name)! : spans.at(-1)!,
    )
    expect(tool).toMatchObject({ kind: INTERNAL, status: 0, attributes: { 'gen_ai.tool.call.id': 'call_1' } })
    expect(chat!.parentSpanId).toBe(tool!.spanId)
    expect(failed).toMatchObject({ status: 2, attributes: { 'error.type': 'RangeError' } })
    const duration = collector.metrics().find(({ name }) => name === 'gen_ai.execute_tool.duration')
    expect(duration!.points.reduce((sum, { count }) => sum + count, 0)).toBe(2)
  })

  it('gets the span of a stream that was dropped unread, once it is collected', async () => {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    await (async () => {
      const stream = streamChatCompletion(traced(), chatRequest)
      await stream.response
    })()
    await vi.waitFor(
      async () => {
        gc()
        expect(await collected()).toHaveLength(1)
      },
      { timeout: 20_000, interval: 20 },
    )
    expect((await collected())[0]).toMatchObject({ status: 0, attributes: { 'gen_ai.request.stream': true } })
  })

  it('is not heard by a call when it fails', async () => {
    const { tracer, meter } = sdk
    const ended = trace.wrapSpanContext({ traceId: 'no', spanId: 'no', traceFlags: 1 })
    const odd = {
      startSpan: () => ended,
      startActiveSpan: (_name: string, _options: unknown, run: unknown) =>
        (run as (span: unknown) => unknown)(ended),
    }
    const client = traced({}, { tracer: odd, meter, propagate: ['https://api.test'] })
    expect((await createChatCompletion(client, chatRequest)).choices).toHaveLength(1)
    expect(tracer).toBeDefined()
  })
})
