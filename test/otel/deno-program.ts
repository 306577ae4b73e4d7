// What deno.node.test.ts runs in Deno: calls of each kind, told to Deno's own OpenTelemetry.
import { metrics, trace } from '@opentelemetry/api'
import {
  collectText,
  createChatCompletion,
  createClient,
  type Policy,
  retry,
  streamChatCompletion,
} from '../../src/index.ts'
import { otel, toolSpans } from '../../src/otel/index.ts'
import { createFakeFetch, type Fault } from '../../src/testing/index.ts'

const tracer = trace.getTracer('test')
const meter = metrics.getMeter('test')
const request = { model: 'fake-small', messages: [{ role: 'user' as const, content: 'Say hello to Ada' }] }

function clientOf(faults: Fault[] = [], policies: Policy[] = [otel({ tracer, meter, usage: true })]) {
  return createClient({ baseUrl: 'https://api.test/v1', policies, fetch: createFakeFetch({ faults }) })
}

const fails = (call: Promise<unknown>) =>
  call.then(
    () => {
      throw new Error('It did not fail')
    },
    () => {},
  )

await tracer.startActiveSpan('plain', async span => {
  await createChatCompletion(clientOf(), request)
  span.end()
})
await collectText(streamChatCompletion(clientOf(), request))
await fails(collectText(streamChatCompletion(clientOf([{ cut: 2 }]), request)))
await fails(createChatCompletion(clientOf([{ status: 400 }]), request))
await createChatCompletion(
  clientOf([{ status: 503 }], [retry({ initialDelay: 0 }), otel({ tracer })]),
  request,
)
const call = { id: 'call_1', function: { name: 'greet', arguments: '{}' } }
await toolSpans({ tracer, meter })(call, () => createChatCompletion(clientOf(), request))
