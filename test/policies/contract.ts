import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createChatCompletion,
  type Fetch,
  type FetchInit,
  LLMError,
  listModels,
  type Policy,
  streamChatCompletion,
} from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { chatRequest, clientOf, counted, countListeners, deferred, failureOf } from '../client/harness.ts'

const URL_GIVEN = 'https://api.test/v1/things?a=1'
const encoder = new TextEncoder()

/** A response whose body the test feeds. */
function fedResponse(init?: ResponseInit): {
  response: Response
  controller: ReadableStreamDefaultController<Uint8Array>
  cancel: ReturnType<typeof vi.fn>
  pulls: () => number
} {
  let controller!: ReadableStreamDefaultController<Uint8Array>
  let pulls = 0
  const cancel = vi.fn()
  const body = new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given
      },
      pull() {
        pulls++
      },
      cancel,
    },
    { highWaterMark: 0 },
  )
  return { response: new Response(body, init), controller, cancel, pulls: () => pulls }
}

/** A wait of a policy's own, besides that for the answer: a delay, a queue, a hook. */
export interface OwnWait {
  readonly name: string
  /** Makes a policy whose calls come to wait. */
  readonly create: () => Policy
  /** How its requests are answered. @default with status 503 */
  readonly next?: Fetch
  /** Whether the first call does not wait, but lets the second. */
  readonly isSecond?: boolean
  /** Whether the policy steps aside for a `Request`, which then waits for nothing. */
  readonly passesRequests?: boolean
}

/** A hook that never returns. */
export const never = (): Promise<never> => new Promise(() => {})

/** Makes what calls a fetch through a new policy. */
type Caller = (policy: Policy, next: Fetch) => (signal?: AbortSignal) => Promise<unknown>

const CALLERS: { readonly [by: string]: Caller } = {
  'init.signal': (policy, next) => {
    const fetch = policy(next)
    return signal => fetch(URL_GIVEN, signal ? { signal } : {})
  },
  'the signal of a Request': (policy, next) => {
    const fetch = policy(next) as typeof globalThis.fetch
    return signal => fetch(new Request(URL_GIVEN, signal ? { signal } : {}))
  },
  "the signal of a client's call": (policy, next) => {
    const client = clientOf(next, { policies: [policy] })
    return signal => createChatCompletion(client, chatRequest, { signal })
  },
}

function waitContract(wait: OwnWait): void {
  const {
    name,
    create,
    next = async () => new Response('', { status: 503 }),
    isSecond,
    passesRequests,
  } = wait
  const callers = Object.keys(CALLERS).filter(by => !passesRequests || !by.includes('Request'))
  it.each(callers)(`for ${name} ends at once by %s, and sends nothing more`, async by => {
    vi.useFakeTimers()
    try {
      const sent = vi.fn(next)
      const call = CALLERS[by]!(create(), sent)
      if (isSecond) {
        call().catch(() => {})
        await vi.waitFor(() => expect(sent).toHaveBeenCalled())
      }
      const { controller, listeners } = counted()
      const ended = vi.fn()
      const failing = failureOf(call(controller.signal))
      failing.then(ended)
      await vi.advanceTimersByTimeAsync(10)
      if (isSecond) await vi.waitFor(() => expect(sent).toHaveBeenCalled())
      expect(ended).not.toHaveBeenCalled()
      const count = sent.mock.calls.length
      const reason = new Error('mine')
      controller.abort(reason)
      await vi.advanceTimersByTimeAsync(0)
      expect(ended).toHaveBeenCalledOnce()
      expect(await failing).toBe(reason)
      // A Request may itself listen to the signal that it was given.
      if (!by.includes('Request')) expect(listeners()).toBe(0)
      await vi.advanceTimersByTimeAsync(600_000)
      expect(sent).toHaveBeenCalledTimes(count)
    } finally {
      vi.useRealTimers()
    }
  })
}

/**
 * What holds for every policy: it stands around a client's requests and around any other fetch, changes nothing of a call
 * that goes well, and holds on to nothing once the call is over; which is when the body is, not when the headers are there.
 */
export function policyContract(name: string, create: () => Policy, waits: readonly OwnWait[] = []): void {
  describe(`${name}, as any policy`, () => {
    // Whatever clock the file that calls this uses for its own tests.
    beforeEach(() => {
      vi.useRealTimers()
    })

    describe('in a client', () => {
      it('sends what is sent without it', async () => {
        const sent = async (policies: Policy[]) => {
          const seen: [string, RequestInit][] = []
          const fake = createFakeFetch()
          const client = clientOf(
            (url, init) => {
              seen.push([url, init])
              return fake(url, init)
            },
            { policies },
          )
          await createChatCompletion(client, chatRequest, { headers: { 'x-a': '1' }, query: { b: 2 } })
          await listModels(client)
          return seen.map(([url, { method, headers, body, redirect }]) => {
            return { url, method, headers: [...new Headers(headers)], body, redirect }
          })
        }
        expect(await sent([create()])).toEqual(await sent([]))
      })

      it('answers what is answered without it', async () => {
        const answer = async (policies: Policy[]) => {
          const client = clientOf(createFakeFetch(), { policies })
          const { latencyMs, headers, ...rest } = await createChatCompletion(
            client,
            chatRequest,
          ).withResponse()
          const chunks: unknown[] = []
          for await (const chunk of streamChatCompletion(client, chatRequest)) chunks.push(chunk)
          return { ...rest, headers: [...headers], chunks }
        }
        expect(await answer([create()])).toEqual(await answer([]))
      })

      it('lets an error through that cannot pass', async () => {
        const client = clientOf(createFakeFetch({ faults: { status: 400 } }), { policies: [create()] })
        expect((await failureOf(createChatCompletion(client, chatRequest))).status).toBe(400)
        const error = await failureOf(async () => {
          for await (const _ of streamChatCompletion(client, chatRequest));
        })
        expect(error.status).toBe(400)
      })

      it('ends the request when the loop over a stream is left', async () => {
        const fetch = createFakeFetch()
        const client = clientOf(fetch, { policies: [create()] })
        for await (const _ of streamChatCompletion(client, chatRequest)) break
        await vi.waitFor(() => expect(fetch.requests[0]!.aborted).toBe(true))
      })

      it.each(['headers', 'first', 2] as const)(
        'ends on abort while the service is silent: %s',
        async stall => {
          const fetch = createFakeFetch({ faults: { stall } })
          const client = clientOf(fetch, { policies: [create()] })
          const { controller, listeners } = counted()
          const failing = failureOf(async () => {
            for await (const _ of streamChatCompletion(client, chatRequest, controller));
          })
          await vi.waitFor(() => expect(fetch.requests).toHaveLength(1))
          await new Promise(resolve => setTimeout(resolve, 5))
          const reason = new Error('mine')
          controller.abort(reason)
          expect(await failing).toBe(reason)
          expect(fetch.requests).toHaveLength(1)
          await vi.waitFor(() => expect(listeners()).toBe(0))
        },
      )

      it('leaves no listener behind', async () => {
        const client = clientOf(createFakeFetch(), { policies: [create()] })
        const { controller, listeners } = counted()
        await createChatCompletion(client, chatRequest, controller)
        for await (const _ of streamChatCompletion(client, chatRequest, controller));
        for await (const _ of streamChatCompletion(client, chatRequest, controller)) break
        await vi.waitFor(() => expect(listeners()).toBe(0))
      })

      it('serves many calls at once', async () => {
        const client = clientOf(createFakeFetch(), { policies: [create()] })
        const calls = Array.from({ length: 50 }, () => createChatCompletion(client, chatRequest))
        expect(new Set((await Promise.all(calls)).map(({ model }) => model))).toEqual(new Set(['fake-small']))
      })
    })

    describe("around another client's fetch", () => {
      it('takes a url alone', async () => {
        const next = vi.fn<Fetch>(async () => new Response('hello'))
        const fetch = create()(next) as typeof globalThis.fetch
        expect(await (await fetch(URL_GIVEN)).text()).toBe('hello')
        expect(next.mock.calls[0]![0]).toBe(URL_GIVEN)
      })

      it('hands on url and init, and never changes them', async () => {
        const next = vi.fn<Fetch>(async () => new Response('hello'))
        const init: FetchInit = Object.freeze({
          method: 'PUT',
          headers: { 'x-a': '1' },
          body: 'text',
          mode: 'cors',
        })
        await (await create()(next)(URL_GIVEN, init)).text()
        const [url, { signal, ...rest }] = next.mock.calls[0]!
        expect([url, rest]).toEqual([URL_GIVEN, init])
      })

      it.each([200, 201, 204, 304, 400, 404, 418])('hands back a %i as it is', async status => {
        const body = [204, 304].includes(status) ? null : 'text'
        const given = new Response(body, { status, statusText: 'So', headers: { 'x-a': '1' } })
        Object.defineProperty(given, 'url', { value: URL_GIVEN })
        const response = await create()(async () => given)(URL_GIVEN, {})
        expect([response.status, response.headers.get('x-a'), response.url]).toEqual([status, '1', URL_GIVEN])
        expect(await response.text()).toBe(body ?? '')
      })

      it('passes on the error of a fetch that cannot pass', async () => {
        const error = new LLMError('final')
        expect(await failureOf(create()(() => Promise.reject(error))(URL_GIVEN, {}))).toBe(error)
        const thrown = () => {
          throw error
        }
        expect(await failureOf(() => create()(thrown)(URL_GIVEN, {}))).toBe(error)
      })

      it('reads a body only as it is read', async () => {
        const { response, controller, pulls } = fedResponse()
        const got = await create()(async () => response)(URL_GIVEN, {})
        await new Promise(resolve => setTimeout(resolve, 2))
        expect(pulls()).toBe(0)
        const reader = got.body!.getReader()
        controller.enqueue(encoder.encode('a'))
        expect((await reader.read()).value).toEqual(encoder.encode('a'))
        controller.close()
        expect((await reader.read()).done).toBe(true)
      })

      it('lets the signal end the body after the headers', async () => {
        const { controller, listeners } = counted()
        let inner: AbortSignal | null | undefined
        const { response, controller: body } = fedResponse()
        const fetch = create()(async (_, { signal }) => {
          inner = signal
          signal!.addEventListener('abort', () => body.error(signal!.reason))
          return response
        })
        const got = await fetch(URL_GIVEN, { signal: controller.signal })
        const reading = failureOf(got.body!.getReader().read())
        const reason = new Error('mine')
        controller.abort(reason)
        expect(await reading).toBe(reason)
        expect(inner!.aborted).toBe(true)
        // What the test itself added to the signal that it was handed may be the caller's own.
        await vi.waitFor(() => expect(listeners()).toBeLessThanOrEqual(1))
      })

      it('hands on a Request as it is', async () => {
        const next = vi.fn<Fetch>(async () => new Response('hello'))
        const init = { method: 'POST', headers: { 'x-a': '1' }, body: 'text' }
        const given = new Request(URL_GIVEN, init)
        const response = await (create()(next) as typeof globalThis.fetch)(given)
        expect(await response.text()).toBe('hello')
        expect(next).toHaveBeenCalledOnce()
        // As the platform's fetch would read it.
        const [url, { signal, ...rest } = {} as FetchInit] = next.mock.calls[0]!
        const sent = new Request(url, rest)
        expect([sent.url, sent.method, sent.headers.get('x-a'), await sent.text()]).toEqual([
          URL_GIVEN,
          'POST',
          '1',
          'text',
        ])
      })

      it.each(['ended', 'failed', 'cancelled'] as const)(
        'leaves no listener on the signal of a Request once the body has %s',
        async end => {
          const given = new Request(URL_GIVEN, { signal: new AbortController().signal })
          const listeners = countListeners(given.signal)
          const { response, controller: body } = fedResponse()
          const got = await (create()(async () => response) as typeof globalThis.fetch)(given)
          const reader = got.body!.getReader()
          if (end === 'cancelled') await reader.cancel()
          else {
            const reading = reader.read().catch(() => {})
            if (end === 'ended') body.close()
            else body.error(new TypeError('terminated'))
            await reading
          }
          await vi.waitFor(() => expect(listeners()).toBe(0))
        },
      )

      it('lets the signal of a Request end the body after the headers', async () => {
        const controller = new AbortController()
        const given = new Request(URL_GIVEN, { signal: controller.signal })
        const { response, controller: body } = fedResponse()
        const fetch = create()(async (_, { signal = given.signal } = {}) => {
          signal!.addEventListener('abort', () => body.error(signal!.reason))
          return response
        })
        const got = await (fetch as typeof globalThis.fetch)(given)
        const reading = failureOf(got.body!.getReader().read())
        const reason = new Error('mine')
        controller.abort(reason)
        expect(await reading).toBe(reason)
      })

      it('passes on what goes wrong with a Request', async () => {
        const error = new LLMError('final')
        const next = vi.fn<Fetch>(() => Promise.reject(error))
        const given = new Request(URL_GIVEN, { method: 'DELETE' })
        expect(await failureOf((create()(next) as typeof globalThis.fetch)(given))).toBe(error)
        expect(next).toHaveBeenCalledOnce()
      })

      it('lets the signal of a Request end the call', async () => {
        const controller = new AbortController()
        const given = new Request(URL_GIVEN, { signal: controller.signal })
        const fetch = create()((_, { signal = given.signal } = {}) => {
          const { promise, reject } = deferred<Response>()
          signal!.addEventListener('abort', () => reject(signal!.reason))
          return promise
        })
        const failing = failureOf((fetch as typeof globalThis.fetch)(given))
        await new Promise(resolve => setTimeout(resolve, 2))
        controller.abort(new Error('mine'))
        expect(await failing).toMatchObject({ message: 'mine' })
      })

      it('passes on how a body fails', async () => {
        const { response, controller } = fedResponse()
        const got = await create()(async () => response)(URL_GIVEN, {})
        const error = new TypeError('terminated')
        // `text()` would give an error of its own in some browsers.
        const reading = failureOf(got.body!.getReader().read())
        controller.error(error)
        expect(await reading).toBe(error)
      })

      it('passes on that a body is cancelled', async () => {
        const { response, cancel } = fedResponse()
        const got = await create()(async () => response)(URL_GIVEN, {})
        await got.body!.cancel('enough')
        expect(cancel).toHaveBeenCalledOnce()
      })

      it.each(['ended', 'failed', 'cancelled'] as const)(
        'holds no listener and no timer once the body has %s',
        async end => {
          vi.useFakeTimers()
          try {
            const timers = vi.getTimerCount()
            const { controller, listeners } = counted()
            const { response, controller: body } = fedResponse()
            const got = await create()(async () => response)(URL_GIVEN, { signal: controller.signal })
            const reader = got.body!.getReader()
            if (end === 'cancelled') await reader.cancel()
            else {
              const reading = reader.read().catch(() => {})
              if (end === 'ended') body.close()
              else body.error(new TypeError('terminated'))
              await reading
            }
            await Promise.resolve()
            expect([listeners(), vi.getTimerCount() - timers]).toEqual([0, 0])
          } finally {
            vi.useRealTimers()
          }
        },
      )

      it('holds no listener and no timer once the fetch has failed', async () => {
        vi.useFakeTimers()
        try {
          const timers = vi.getTimerCount()
          const { controller, listeners } = counted()
          await failureOf(
            create()(() => Promise.reject(new LLMError('final')))(URL_GIVEN, { signal: controller.signal }),
          )
          await Promise.resolve()
          expect([listeners(), vi.getTimerCount() - timers]).toEqual([0, 0])
        } finally {
          vi.useRealTimers()
        }
      })

      it('ends on abort before the headers, and sends nothing more', async () => {
        const started = deferred()
        const controller = new AbortController()
        const next = vi.fn<Fetch>((_, { signal }) => {
          started.resolve()
          return new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)))
        })
        const failing = failureOf(create()(next)(URL_GIVEN, { signal: controller.signal }))
        await started.promise
        const reason = new Error('mine')
        controller.abort(reason)
        expect(await failing).toBe(reason)
        expect(next).toHaveBeenCalledOnce()
      })
    })

    if (waits.length)
      describe('a wait of its own', () => {
        for (const wait of waits) waitContract(wait)
      })
  })
}
