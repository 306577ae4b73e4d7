import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import {
  type CallEnd,
  collectText,
  createChatCompletion,
  type Fetch,
  type PolicyRequest,
  policy,
  streamChatCompletion,
  type Watcher,
} from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { BASE, chatRequest, clientOf, failureOf, json } from '../client/harness.ts'
import { policyContract } from '../policies/contract.ts'

policyContract('a policy that only passes on', () => policy('plain', (_, send) => send()))
policyContract('a policy that watches', () => policy('watching', (_, send) => send({ end() {} })))
policyContract('a policy that changes what is sent, and leaves it alone', () =>
  policy('changing', ({ signal }, send) => send(undefined, signal ? { signal } : {})),
)

/** A policy that notes what it is given. */
function noting() {
  const seen: PolicyRequest[] = []
  const note = policy('note', (request, send) => {
    seen.push(request)
    return send()
  })
  return { seen, note }
}

describe('what a policy is given', () => {
  const url = 'https://a.test/x?b=1'

  it('is in one form, whoever sent it', async () => {
    const { seen, note } = noting()
    const fetch = note(async () => new Response('')) as typeof globalThis.fetch
    const { signal } = new AbortController()
    await fetch(url, { signal })
    await fetch(new URL(url), { signal })
    const request = new Request(url, { signal })
    await fetch(request)
    expect(seen.map(given => [given.url, given.call, given.repeatable])).toEqual(
      Array(3).fill([url, undefined, true]),
    )
    expect(seen.map(given => given.signal)).toEqual([signal, signal, request.signal])
    expect(seen[2]!.input).toBe(request)
  })

  it('has no signal where null takes that of a Request away', async () => {
    const { seen, note } = noting()
    const fetch = note(async () => new Response('')) as typeof globalThis.fetch
    await fetch(new Request(url, { signal: new AbortController().signal }), { signal: null })
    await fetch(url)
    expect(seen.map(({ signal }) => signal)).toEqual([undefined, undefined])
  })

  it('says what can be sent twice', async () => {
    const { seen, note } = noting()
    const fetch = note(async () => new Response('')) as typeof globalThis.fetch
    const stream = () => new ReadableStream({ start: controller => controller.close() })
    await fetch(url, { method: 'POST', body: 'text' })
    for (const body of [new Uint8Array(1), new FormData(), new URLSearchParams(), new Blob()])
      await fetch(url, { method: 'POST', body })
    await fetch(new Request(url))
    await fetch(url, { method: 'POST', body: stream(), duplex: 'half' } as RequestInit)
    await fetch(new Request(url, { method: 'POST', body: 'text' }))
    // What Node's fetch takes as well: a generator, and a stream of Node's.
    await fetch(url, {
      method: 'POST',
      body: (async function* () {})() as never,
      duplex: 'half',
    } as RequestInit)
    const repeatable = seen.map(request => request.repeatable)
    expect(repeatable).toEqual([true, true, true, true, true, true, false, false, false])
  })

  it('names the call of a client', async () => {
    const { seen, note } = noting()
    const client = clientOf(createFakeFetch(), { policies: [note] })
    await createChatCompletion(client, chatRequest)
    await collectText(streamChatCompletion(client, chatRequest))
    expect(seen.map(({ call }) => [call?.operation, call?.stream, call?.baseUrl])).toEqual([
      ['createChatCompletion', false, BASE],
      ['streamChatCompletion', true, BASE],
    ])
  })
})

describe('what a policy passes on', () => {
  it('may be changed, the address too', async () => {
    const next = vi.fn<Fetch>(async () => new Response(''))
    const change = policy('change', ({ url }, send) => send(undefined, { url: `${url}?b=1`, method: 'PUT' }))
    await change(next)('https://a.test/x', { method: 'POST', body: 'text' })
    expect(next.mock.calls).toEqual([['https://a.test/x?b=1', { method: 'PUT', body: 'text' }]])
  })

  it('is named after it in a stack', async () => {
    const broken = policy('brokenPolicy', async () => {
      throw new Error('mine')
    })
    const named = broken(async () => new Response(''))
    expect(named.name).toBe('brokenPolicy')
  })

  it('decorates the platform’s fetch, by its type too', () => {
    expectTypeOf(policy('x', (_, send) => send())(fetch)).toExtend<typeof fetch>()
  })
})

describe('a watcher', () => {
  /** A policy that notes what its watcher is told. */
  function watching() {
    const told: unknown[] = []
    const watcher: Watcher = {
      attempt: () => told.push('attempt'),
      headers: status => told.push(status),
      value: value => told.push(Object(value).object ?? Object(value).id),
      end: (end: CallEnd) => told.push(end),
    }
    return { told, watch: policy('watch', (_, send) => send(watcher)) }
  }

  it('follows a plain call from its attempt to its end', async () => {
    const { told, watch } = watching()
    await createChatCompletion(clientOf(createFakeFetch(), { policies: [watch] }), chatRequest)
    expect(told).toEqual(['attempt', 200, 'chat.completion', {}])
  })

  it('follows a stream to the end of its body', async () => {
    const { told, watch } = watching()
    const client = clientOf(createFakeFetch({ reply: () => 'one' }), { policies: [watch] })
    const iterator = streamChatCompletion(client, chatRequest)[Symbol.asyncIterator]()
    await iterator.next()
    expect(told.slice(0, 3)).toEqual(['attempt', 200, 'chat.completion.chunk'])
    expect(told.at(-1)).not.toEqual({})
    while (!(await iterator.next()).done);
    expect(told.at(-1)).toEqual({})
  })

  it('is told that a stream was left, and of an error', async () => {
    const left = watching()
    for await (const _ of streamChatCompletion(
      clientOf(createFakeFetch(), { policies: [left.watch] }),
      chatRequest,
    ))
      break
    await vi.waitFor(() => expect(left.told.at(-1)).toEqual({ cancelled: true }))
    const failed = watching()
    const client = clientOf(async () => json({}, { status: 400 }), { policies: [failed.watch] })
    const error = await failureOf(createChatCompletion(client, chatRequest))
    expect(failed.told).toEqual(['attempt', 400, { error }])
  })

  it('knows headers and the end of another client’s answer, and is told of the end once', async () => {
    const { told, watch } = watching()
    const response = await watch(async () => new Response('text', { status: 418 }))('https://a.test', {})
    expect(told).toEqual([418])
    const reader = response.body!.getReader()
    while (!(await reader.read()).done);
    await reader.cancel()
    expect(told).toEqual([418, {}])
  })
})
