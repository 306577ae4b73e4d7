import { InMemorySpanExporter, SimpleSpanProcessor, WebTracerProvider } from '@opentelemetry/sdk-trace-web'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  collectText,
  createChatCompletion,
  type Policy,
  retry,
  runTools,
  streamChatCompletion,
  streamTools,
  tool,
} from '../../src/index.ts'
import { otel, toolSpans } from '../../src/otel/index.ts'
import { createFakeFetch, type FakeModelOptions, type Fault } from '../../src/testing/index.ts'
import { chatRequest, clientOf, failureOf } from '../client/harness.ts'

// The SDK for browsers, which needs nothing of one: the tests run in Node and in Workers as well.
const exporter = new InMemorySpanExporter()
const provider = new WebTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const tracer = provider.getTracer('test')
beforeEach(() => exporter.reset())
afterAll(() => provider.shutdown())

function traced(faults: Fault[] = [], outer: Policy[] = [], model: FakeModelOptions = {}) {
  const policies = [...outer, otel({ tracer, usage: true })]
  return clientOf(createFakeFetch({ faults, ...model }), { policies })
}

/** Collects what nobody holds, where the runtime is started so: the tests' Chromium is. */
const { gc } = globalThis as { gc?: (options: { execution: 'async' }) => Promise<void> }
if (!gc) console.warn('No stream is dropped unread here: this runtime cannot be told to collect it')

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
    await failureOf(createChatCompletion(traced([{ status: 400 }]), chatRequest))
    await failureOf(collectText(streamChatCompletion(traced([{ cut: 2 }]), chatRequest)))
    await createChatCompletion(traced([{ status: 503 }], [retry({ initialDelay: 0 })]), chatRequest)
    for await (const _ of streamChatCompletion(traced(), chatRequest)) break
    const told = (await finished()).map(({ status, attributes }) => [
      status,
      attributes['error.type'],
      attributes['http.request.resend_count'],
    ])
    expect(told).toEqual([
      [2, 'ValidationError', undefined],
      [2, 'IncompleteStreamError', undefined],
      [2, 'ServerError', undefined],
      [0, undefined, 1],
      [0, undefined, undefined],
    ])
  })

  it('gets a span of each tool of a run', async () => {
    const weather = tool({ name: 'weather', execute: async () => 'sunny' })
    const broken = tool({ name: 'broken', execute: () => Promise.reject(new RangeError('no')) })
    const toolCalls = ['weather', 'broken'].map(name => ({ name, arguments: {} }))
    const client = () => traced([], [], { reply: [{ toolCalls }, 'It is sunny'] })
    const request = { ...chatRequest, tools: [weather, broken] }
    const options = { aroundTool: toolSpans({ tracer }) }
    await runTools(client(), request, options)
    for await (const _ of streamTools(client(), request, options));
    const run = [
      ['chat fake-small', 0],
      ['execute_tool weather', 0],
      ['execute_tool broken', 2],
      ['chat fake-small', 0],
    ]
    expect((await finished()).map(({ name, status }) => [name, status])).toEqual([...run, ...run])
  })

  it.runIf(gc)('gets the span of a stream that was dropped unread, once it is collected', async () => {
    await (async () => {
      await streamChatCompletion(traced(), chatRequest).response
    })()
    await vi.waitFor(
      async () => {
        await gc!({ execution: 'async' })
        expect(await finished()).toHaveLength(1)
      },
      { timeout: 20_000, interval: 20 },
    )
    expect(await finished()).toMatchObject([
      { status: 0, ended: true, attributes: { 'gen_ai.request.stream': true } },
    ])
  })
})
