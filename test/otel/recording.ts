import { expect } from 'vitest'
import type { Attributes, MeterLike, SpanLike, TracerLike } from '../../src/otel/index.ts'
import conventions from '../fixtures/genai-conventions.json' with { type: 'json' }

/** A span as the tracer below keeps it. */
interface RecordedSpan {
  readonly name: string
  readonly kind: number | undefined
  readonly parent: RecordedSpan | undefined
  readonly attributes: Attributes
  status: unknown
  ends: number
}

export interface Measure {
  readonly name: string
  readonly value: number
  readonly attributes: Attributes
}

/** Sums a measure up. */
export function sumOf(measures: readonly Measure[], name: string): number {
  return measures.filter(measure => measure.name === name).reduce((sum, { value }) => sum + value, 0)
}

/** A tracer and a meter, and what they were told. */
export interface Recording {
  readonly tracer: TracerLike
  readonly meter: MeterLike
  readonly spans: RecordedSpan[]
  readonly measures: Measure[]
  readonly instruments: {
    readonly name: string
    readonly kind: string
    readonly unit: string
    readonly bounds?: number[]
  }[]
}

/** Makes a tracer and a meter that keep what they are told, without any SDK: for every runtime. */
export function recording(): Recording {
  const spans: RecordedSpan[] = []
  const measures: Measure[] = []
  const instruments: Recording['instruments'] = []
  let active: RecordedSpan | undefined

  function open(
    name: string,
    options: { kind?: number; attributes?: Attributes } = {},
  ): [RecordedSpan, SpanLike] {
    const span: RecordedSpan = {
      name,
      kind: options.kind,
      parent: active,
      attributes: { ...options.attributes },
      status: undefined,
      ends: 0,
    }
    const id = `${spans.push(span)}`.padStart(16, '0')
    return [
      span,
      {
        setAttributes: more => Object.assign(span.attributes, span.ends ? undefined : more),
        setStatus({ code }) {
          if (!span.ends) span.status = code
        },
        spanContext: () => ({ traceId: id.padStart(32, 'a'), spanId: id, traceFlags: 1 }),
        end: () => span.ends++,
      },
    ]
  }

  const tracer: TracerLike = {
    startSpan: (name, options) => open(name, options)[1],
    startActiveSpan(name, options, run) {
      const [span, handle] = open(name, options as { attributes?: Attributes })
      const before = active
      active = span
      try {
        return (run as (span: SpanLike) => unknown)(handle)
      } finally {
        active = before
      }
    },
  }
  const meter: MeterLike = {
    createHistogram(name, { unit, advice }) {
      instruments.push({ name, kind: 'histogram', unit, bounds: advice.explicitBucketBoundaries })
      return { record: (value, attributes) => measures.push({ name, value, attributes }) }
    },
    createCounter(name, { unit }) {
      instruments.push({ name, kind: 'counter', unit })
      return { add: (value, attributes) => measures.push({ name, value, attributes }) }
    },
  }
  return { tracer, meter, spans, measures, instruments }
}

const types: { readonly [type: string]: (value: unknown) => boolean } = {
  string: value => typeof value === 'string',
  'string[]': value => Array.isArray(value) && value.every(each => typeof each === 'string'),
  boolean: value => typeof value === 'boolean',
  int: value => Number.isInteger(value),
  double: value => typeof value === 'number',
  any: value => typeof value === 'string',
}

/** Every attribute that a span may have, and its type. */
function attributesOf(operation: unknown): { readonly [name: string]: string[] } {
  const { inference, embeddings, executeTool } = conventions.spans
  if (operation === 'execute_tool') return executeTool.attributes
  return operation === 'embeddings' ? embeddings.attributes : inference.attributes
}

/** Holds spans and measures against the conventions' own list: names, types, what is required, kinds, units and bounds. */
export function expectConventional({ spans, measures, instruments }: Recording): void {
  for (const { name, kind, attributes, ends } of spans) {
    expect(ends, `${name} has ended once`).toBe(1)
    const {
      'gen_ai.operation.name': operation,
      'gen_ai.request.model': model,
      'gen_ai.tool.name': tool,
    } = attributes
    const known = {
      ...attributesOf(operation),
      ...Object.fromEntries(Object.entries(conventions.http).map(([key, type]) => [key, ['', type]])),
    }
    for (const [key, value] of Object.entries(attributes)) {
      expect(Object.keys(known), `${name} has ${key}`).toContain(key)
      expect(types[known[key]![1]!]!(value), `${key} is ${known[key]![1]}: ${value}`).toBe(true)
    }
    for (const [key, [level]] of Object.entries(known))
      if (level === 'required') expect(attributes, name).toHaveProperty([key])
    expect(name).toBe([operation, model ?? tool].filter(Boolean).join(' '))
    expect(kind).toBe(operation === 'execute_tool' ? 0 : 2)
    if (attributes['server.address']) expect(attributes).toHaveProperty(['server.port'])
  }
  const metrics: {
    readonly [name: string]: {
      kind: string
      unit: string
      bounds?: string
      error?: boolean
      modality?: boolean
      tool?: boolean
    }
  } = conventions.metrics
  for (const { name, kind, unit, bounds } of instruments) {
    const metric = metrics[name]
    expect(metric, name).toBeDefined()
    expect({ kind, unit }).toEqual({ kind: metric!.kind, unit: metric!.unit })
    if (metric!.bounds) expect(bounds).toEqual(conventions.bounds[metric!.bounds as 'times'])
  }
  for (const { name, attributes } of measures) {
    const { error, modality, tool } = metrics[name]!
    const known = [
      ...(tool ? conventions.toolMetricAttributes : conventions.metricAttributes),
      ...(error ? ['error.type'] : []),
      ...(modality ? ['gen_ai.token.modality'] : []),
    ]
    for (const key of Object.keys(attributes)) expect(known, `${name} has ${key}`).toContain(key)
    if (modality) expect(conventions.modalities).toContain(attributes['gen_ai.token.modality'])
    expect(Object.values(attributes)).not.toContain(undefined)
  }
}
