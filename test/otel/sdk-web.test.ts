import { InMemorySpanExporter, SimpleSpanProcessor, WebTracerProvider } from '@opentelemetry/sdk-trace-web'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import {
  collectText,
  createChatCompletion,
  type Policy,
  retry,
  streamChatCompletion,
} from '../../src/index.ts'
import { otel, toolSpans } from '../../src/otel/index.ts'
import { createFakeFetch, type Fault } from '../../src/testing/index.ts'
import { chatRequest, clientOf, failureOf } from '../client/harness.ts'

// The SDK for browsers, which needs nothing of one: the tests run in Node and in Workers as well.
const exporter = new InMemorySpanExporter()
const provider = new WebTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const tracer = provider.getTracer('test')
beforeEach(() => exporter.reset())
afterAll(() => provider.shutdown())

function traced(faults: Fault[] = [], outer: Policy[] = []) {
  return clientOf(createFakeFetch({ faults }), { policies: [...outer, otel({ tracer, usage: true })] })
}

async function finished() {
  await provider.forceFlush()
  return exporter.getFinishedSpans().map(({ name, status, attributes, ended, events }) => ({
    name,
    status: status.code,
    attributes,
    ended,
    events,
  }))
}

describe("OpenTelemetry's SDK for browsers", () => {
  it('gets a span of a plain call and of a stream', async () => {
    await createChatCompletion(traced(), chatRequest)
    await collectText(streamChatCompletion(traced(), chatRequest))
    const about = { name: 'chat fake-small', status: 0, ended: true, events: [] }
    const attributes = {
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.output_tokens': expect.any(Number),
    }
    expect(await finished()).toMatchObject([
      { ...about, attributes },
      { ...about, attributes: { ...attributes, 'gen_ai.request.stream': true } },
    ])
  })

  it('gets failures, attempts, and a stream that was left', async () => {
    await failureOf(collectText(streamChatCompletion(traced([{ cut: 2 }]), chatRequest)))
    await createChatCompletion(traced([{ status: 503 }], [retry({ initialDelay: 0 })]), chatRequest)
    for await (const _ of streamChatCompletion(traced(), chatRequest)) break
    const told = (await finished()).map(({ status, attributes }) => [
      status,
      attributes['error.type'],
      attributes['http.request.resend_count'],
    ])
    expect(told).toEqual([
      [2, 'IncompleteStreamError', undefined],
      [2, 'ServerError', undefined],
      [0, undefined, 1],
      [0, undefined, undefined],
    ])
  })

  it('gets a span of a tool', async () => {
    await toolSpans({ tracer })(
      { id: 'call_1', function: { name: 'greet', arguments: '{}' } },
      async () => 'Hi',
    )
    expect(await finished()).toMatchObject([{ name: 'execute_tool greet', status: 0 }])
  })
})
