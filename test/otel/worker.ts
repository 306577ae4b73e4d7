// A Worker whose requests each make one kind of call; run by workers.node.test.ts.
// @ts-expect-error: a module of Workers' own
import { tracing } from 'cloudflare:workers'
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

const request = { model: 'fake-small', messages: [{ role: 'user' as const, content: 'Say hello to Ada' }] }

function clientOf(faults: Fault[] = [], policies: Policy[] = [otel({ tracer: tracing, usage: true })]) {
  return createClient({ baseUrl: 'https://api.test/v1', policies, fetch: createFakeFetch({ faults }) })
}

const calls: { readonly [path: string]: () => Promise<unknown> } = {
  '/plain': () => createChatCompletion(clientOf(), request),
  '/stream': () => collectText(streamChatCompletion(clientOf(), request)),
  '/cut': () => collectText(streamChatCompletion(clientOf([{ cut: 2 }]), request)),
  '/bad': () => createChatCompletion(clientOf([{ status: 400 }]), request),
  '/retry': () =>
    createChatCompletion(
      clientOf(
        [{ status: 503 }],
        [otel({ tracer: tracing }), retry({ initialDelay: 0 }), otel({ tracer: tracing })],
      ),
      request,
    ),
  '/tool': () =>
    toolSpans({ tracer: tracing })({ id: 'call_1', function: { name: 'greet', arguments: '{}' } }, () =>
      createChatCompletion(clientOf(), request),
    ),
  '/abandoned': async () => {
    await streamChatCompletion(clientOf([{ stall: 3 }]), request).response
  },
}

export default {
  async fetch({ url }: Request): Promise<Response> {
    try {
      await calls[new URL(url).pathname]!()
      return new Response('complete')
    } catch (error) {
      return new Response((error as Error).name)
    }
  },
}
