// What deno.node.test.ts runs in Deno: calls of each kind, told to Deno's own OpenTelemetry.
import { metrics as meters, trace } from '@opentelemetry/api'
import {
  collectText,
  createChatCompletion,
  createClient,
  metrics,
  type Policy,
  retry,
  runTools,
  streamChatCompletion,
  tool,
} from '../../src/index.ts'
import { otel, toolSpans } from '../../src/otel/index.ts'
import { createFakeFetch, type Fault } from '../../src/testing/index.ts'

const tracer = trace.getTracer('test')
const meter = meters.getMeter('test')
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
const greet = tool({
  name: 'greet',
  async execute() {
    await createChatCompletion(clientOf(), request)
    return 'Hello'
  },
})
const reply = [{ toolCalls: [{ name: 'greet', arguments: {} }] }, 'Done']
await runTools(
  createClient({ baseUrl: 'https://api.test/v1', fetch: createFakeFetch({ reply }) }),
  { ...request, tools: [greet] },
  { aroundTool: toolSpans({ tracer, meter }) },
)

// A stream that is dropped unread, with an attribute that it is known by.
let isOver = false
await (async () => {
  const watched = metrics({ sink: () => (isOver = true) })
  const attributes = () => ({ 'gen_ai.conversation.id': 'dropped' })
  const client = clientOf([], [otel({ tracer, attributes }), watched])
  await streamChatCompletion(client, request).response
})()
const { gc } = globalThis as unknown as { gc: () => void }
for (let tries = 0; !isOver && tries < 500; tries++) {
  gc()
  await new Promise(resolve => setTimeout(resolve, 20))
}
