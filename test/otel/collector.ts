import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A value as OTLP's JSON has it. */
// biome-ignore lint/suspicious/noExplicitAny: the protocol's own shapes
type Otlp = any

export interface CollectedSpan {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly status: number
  readonly attributes: { readonly [name: string]: unknown }
  readonly events: number
}

interface CollectedMetric {
  readonly name: string
  readonly unit: string
  readonly kind: 'sum' | 'histogram'
  readonly bounds: readonly number[] | undefined
  readonly points: readonly { readonly value: number; readonly count: number; readonly attributes: object }[]
}

function decoded(value: Otlp): unknown {
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(decoded)
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? Number(value.intValue)
}

function attributesOf(list: Otlp[] = []): { [name: string]: unknown } {
  return Object.fromEntries(list.map(({ key, value }) => [key, decoded(value)]))
}

export interface Collector {
  readonly url: string
  /** All that was sent, as text: to look for what must not be there. */
  text(): string
  spans(): CollectedSpan[]
  metrics(): CollectedMetric[]
  close(): Promise<unknown>
}

/** Listens on loopback as an OpenTelemetry collector does, for OTLP over HTTP in JSON, and decodes what it is sent. */
export async function startCollector(): Promise<Collector> {
  const bodies: { path: string; body: Otlp }[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', piece => {
      text += piece
    })
    request.on('end', () => {
      bodies.push({ path: request.url!, body: JSON.parse(text) })
      response.setHeader('content-type', 'application/json').end('{}')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const at = (path: string, outer: string, inner: string, list: string): Otlp[] =>
    bodies
      .filter(each => each.path === path)
      .flatMap(({ body }) =>
        body[outer].flatMap((resource: Otlp) => resource[inner].flatMap((scope: Otlp) => scope[list])),
      )

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: () => JSON.stringify(bodies),
    spans: (): CollectedSpan[] =>
      at('/v1/traces', 'resourceSpans', 'scopeSpans', 'spans').map(span => ({
        name: span.name,
        kind: span.kind,
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId || undefined,
        status: span.status?.code ?? 0,
        attributes: attributesOf(span.attributes),
        events: span.events?.length ?? 0,
      })),
    metrics: (): CollectedMetric[] =>
      at('/v1/metrics', 'resourceMetrics', 'scopeMetrics', 'metrics').map(
        ({ name, unit, sum, histogram }) => ({
          name,
          unit,
          kind: sum ? 'sum' : 'histogram',
          bounds: histogram?.dataPoints[0].explicitBounds,
          points: (sum ?? histogram).dataPoints.map((point: Otlp) => ({
            value: Number(point.asInt ?? point.asDouble ?? point.sum),
            count: Number(point.count ?? 1),
            attributes: attributesOf(point.attributes),
          })),
        }),
      ),
    close: () => new Promise(resolve => server.close(resolve)),
  }
}
