import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  APIError,
  type CircuitBreakerOptions,
  type CircuitChange,
  CircuitOpenError,
  ConfigurationError,
  ConnectionError,
  circuitBreaker,
  createChatCompletion,
  createClient,
  type Fetch,
  type FetchInit,
  IncompleteStreamError,
  LimitError,
  ProtocolError,
  RateLimitError,
  retry,
  ServerError,
  streamChatCompletion,
  TimeoutError,
  timeout,
  ValidationError,
} from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { drain, OUTCOMES, type Outcome, type StartedCall, startCall } from './breaker-calls.ts'
import { policyContract } from './contract.ts'

const request = { model: 'fake-small', messages: [{ role: 'user' as const, content: 'Hi' }] }
const URL_A = 'https://a.test/v1/chat/completions'
const URL_B = 'https://b.test/v1/chat/completions'

/** A breaker around a fetch whose every call is ended by the test. */
function setUp(options: CircuitBreakerOptions = {}) {
  const breaker = circuitBreaker(options)
  let requests = 0
  const start = (url = URL_A, init: FetchInit = {}): Promise<StartedCall | CircuitOpenError> =>
    startCall(breaker, url, init, () => requests++)
  /** A call from its beginning to its end. */
  const call = async (outcome: Outcome, url?: string, init?: FetchInit): Promise<void> => {
    const started = await start(url, init)
    if (started instanceof CircuitOpenError) throw started
    await started.end(outcome)
  }
  const fail = async (times: number, url?: string, init?: FetchInit): Promise<void> => {
    for (let i = 0; i < times; i++) await call('refused', url, init)
  }
  return { breaker, start, call, fail, requests: () => requests }
}

policyContract('circuitBreaker', () => circuitBreaker())

describe('circuitBreaker', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'Date', 'setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  describe('closed', () => {
    it.each([1, 2, 5, 9])('opens at exactly %i failures in a row', async failureThreshold => {
      const { breaker, call, fail } = setUp({ failureThreshold })
      await fail(failureThreshold - 1)
      expect(breaker.state()).toBe('closed')
      await call('answered')
      await fail(failureThreshold - 1)
      expect(breaker.state()).toBe('closed')
      await fail(1)
      expect(breaker.state()).toBe('open')
    })

    const error = { status: 500, headers: new Headers() }
    it.each([
      ['a failed connection', new ConnectionError('x'), true],
      ['a headers timeout', new TimeoutError('x', { phase: 'headers' }), true],
      ['an idle timeout', new TimeoutError('x', { phase: 'idle' }), true],
      ['a 5xx', new ServerError('x', error), true],
      ['a cut stream', new IncompleteStreamError('x'), true],
      ['a 429', new RateLimitError('x', { ...error, status: 429 }), false],
      ['a 404', new APIError('x', { ...error, status: 404 }), false],
      ['a bad request', new ValidationError('x', { issues: [] }), false],
      ['a size cap', new LimitError('x'), false],
      ['a broken contract', new ProtocolError('x'), false],
      ['a wrong setting', new ConfigurationError('x'), false],
      ['an open circuit', new CircuitOpenError('x', { retryAt: 0 }), false],
    ])('%s counts or not, thrown or in the body', async (_name, error, counts) => {
      for (const place of ['thrown', 'body']) {
        const breaker = circuitBreaker({ failureThreshold: 2 })
        const policy = breaker(async () => {
          if (place === 'thrown') throw error
          return new Response(new ReadableStream({ pull: controller => controller.error(error) }))
        })
        for (let i = 0; i < 3; i++)
          await policy(URL_A, { call: { watchers: [] } as never })
            .then(drain)
            .catch(thrown => thrown)
        expect(breaker.state(), place).toBe(counts ? 'open' : 'closed')
      }
    })

    it('counts what another platform throws, around a bare fetch only', async () => {
      const breaker = circuitBreaker({ failureThreshold: 1 })
      const policy = breaker(async () => {
        throw new Error('Network connection lost.')
      })
      await expect(policy(URL_A, { call: { watchers: [] } as never })).rejects.toThrow('lost')
      expect(breaker.state()).toBe('closed')
      await expect(policy(URL_A, {})).rejects.toThrow('lost')
      expect(breaker.state()).toBe('open')
    })

    it.each(['bad request', 'too many', 'aborted', 'left'] as const)(
      'is told nothing by a call that was: %s',
      async outcome => {
        const { breaker, call, fail } = setUp({ failureThreshold: 3 })
        for (let i = 0; i < 9; i++) await call(outcome)
        expect(breaker.state()).toBe('closed')
        await fail(2)
        await call(outcome)
        expect(breaker.state()).toBe('closed')
        await fail(1)
        expect(breaker.state()).toBe('open')
      },
    )

    it.each(['headers', 'total'] as const)(
      'counts a limit of %s around it, not an abort with the error of another call',
      async phase => {
        const breaker = circuitBreaker({ failureThreshold: 1 })
        const policy = breaker(
          (_, { signal }) =>
            new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason))),
        )
        const abortWith = async (reason: unknown) => {
          const controller = new AbortController()
          const answer = policy(URL_A, { signal: controller.signal })
          controller.abort(reason)
          await expect(answer).rejects.toBe(reason)
        }
        await abortWith(new ConnectionError('of a sibling'))
        await abortWith(null)
        await abortWith(new DOMException('x', 'TimeoutError'))
        expect(breaker.state()).toBe('closed')
        await abortWith(new TimeoutError('x', { phase }))
        expect(breaker.state()).toBe('open')
      },
    )

    it('settles at the end of the body, not at the headers', async () => {
      const { breaker, start, fail } = setUp({ failureThreshold: 2 })
      await fail(1)
      const streaming = (await start()) as StartedCall
      await streaming.headers()
      await fail(1)
      // Had the headers counted as a success, the failures would not be in a row.
      expect(breaker.state()).toBe('open')
      breaker.reset()
      const cut = (await start()) as StartedCall
      await cut.headers()
      await fail(1)
      await cut.end('cut')
      expect(breaker.state()).toBe('open')
    })
  })

  describe('open', () => {
    it('refuses a thousand calls at once, without a request, and says until when', async () => {
      const { breaker, start, fail, requests } = setUp({ timeout: 60_000 })
      await fail(5)
      vi.advanceTimersByTime(20_000)
      const before = requests()
      const refused = await Promise.all(Array.from({ length: 1000 }, () => start()))
      expect(refused.every(error => error instanceof CircuitOpenError)).toBe(true)
      expect(requests()).toBe(before)
      const error = refused[0] as CircuitOpenError
      expect(error).toMatchObject({ code: 'CIRCUIT_OPEN', retryable: false })
      expect(Math.abs(error.retryAt - (Date.now() + 40_000))).toBeLessThanOrEqual(1)
      expect(breaker.state()).toBe('open')
    })

    it('is not shortened or prolonged by a change of the wall clock', async () => {
      const { start, fail } = setUp({ timeout: 60_000 })
      await fail(5)
      vi.setSystemTime(Date.now() + 3_600_000)
      expect(await start()).toBeInstanceOf(CircuitOpenError)
      vi.setSystemTime(Date.now() - 7_200_000)
      vi.advanceTimersByTime(60_000)
      expect(await start()).not.toBeInstanceOf(CircuitOpenError)
    })

    it('is not retried', async () => {
      const fetch = createFakeFetch({ faults: { status: 503 } })
      const policies = [retry({ maxRetries: 10 }), circuitBreaker({ failureThreshold: 3 })]
      const client = createClient({ baseUrl: 'https://a.test/v1', fetch, policies })
      const answer = createChatCompletion(client, request).catch(error => error)
      await vi.advanceTimersByTimeAsync(600_000)
      expect(await answer).toBeInstanceOf(CircuitOpenError)
      expect(fetch.requests).toHaveLength(3)
    })
  })

  describe('half-open', () => {
    async function halfOpen(options: CircuitBreakerOptions = {}) {
      const all = setUp(options)
      await all.fail(options.failureThreshold ?? 5)
      vi.advanceTimersByTime(options.timeout ?? 60_000)
      return all
    }

    it('lets one of a hundred calls through', async () => {
      const { start, requests } = await halfOpen()
      const before = requests()
      const calls = await Promise.all(Array.from({ length: 100 }, () => start()))
      expect(calls.filter(call => call instanceof CircuitOpenError)).toHaveLength(99)
      expect(requests() - before).toBe(1)
      expect((calls[1] as CircuitOpenError).retryAt).toBeGreaterThan(Date.now())
    })

    it('closes after exactly as many successes as asked for', async () => {
      const { breaker, call } = await halfOpen({ successThreshold: 3 })
      await call('answered')
      await call('answered')
      expect(breaker.state()).toBe('half-open')
      await call('answered')
      expect(breaker.state()).toBe('closed')
    })

    it.each(['refused', 'overloaded', 'cut'] as const)('opens again when the probe is %s', async outcome => {
      const { breaker, call, start } = await halfOpen()
      await call('answered')
      await call(outcome)
      expect(breaker.state()).toBe('open')
      vi.advanceTimersByTime(59_999)
      expect(await start()).toBeInstanceOf(CircuitOpenError)
      vi.advanceTimersByTime(1)
      await call('answered')
      expect(breaker.state()).toBe('half-open')
      await call('answered')
      expect(breaker.state()).toBe('closed')
    })

    it.each(['aborted', 'left', 'bad request', 'too many'] as const)(
      'stays so, and lets the next through, when the probe is %s',
      async outcome => {
        const { breaker, call, start } = await halfOpen()
        await call(outcome)
        expect(breaker.state()).toBe('half-open')
        expect(await start()).not.toBeInstanceOf(CircuitOpenError)
        expect(await start()).toBeInstanceOf(CircuitOpenError)
      },
    )

    it('is not kept waiting by a probe that never ends, and hears it when it does', async () => {
      const { breaker, call, start } = await halfOpen({ successThreshold: 2 })
      const hanging = (await start()) as StartedCall
      vi.advanceTimersByTime(59_999)
      expect(await start()).toBeInstanceOf(CircuitOpenError)
      vi.advanceTimersByTime(1)
      const second = (await start()) as StartedCall
      // The first has no place to give up any more.
      await hanging.end('answered')
      expect(await start()).toBeInstanceOf(CircuitOpenError)
      await second.end('answered')
      expect(breaker.state()).toBe('closed')
      await call('answered')
    })

    it('does not listen to calls begun before', async () => {
      const { breaker, start, fail } = setUp()
      const old = await Promise.all(Array.from({ length: 8 }, () => start() as Promise<StartedCall>))
      await fail(5)
      vi.advanceTimersByTime(60_000)
      const probe = (await start()) as StartedCall
      for (const call of old.slice(0, 2)) await call.end('answered')
      for (const call of old.slice(2, 4)) await call.end('refused')
      expect(breaker.state()).toBe('half-open')
      expect(await start()).toBeInstanceOf(CircuitOpenError)
      await probe.end('answered')
      await ((await start()) as StartedCall).end('answered')
      expect(breaker.state()).toBe('closed')
      for (const call of old.slice(4)) await call.end('refused')
      await fail(4)
      expect(breaker.state()).toBe('closed')
    })
  })

  describe('circuits', () => {
    it('tells the keys of Requests apart, too', async () => {
      const breaker = circuitBreaker({ failureThreshold: 2 })
      const fetch = breaker(async () => new Response('', { status: 503 })) as typeof globalThis.fetch
      const ask = (key: string) =>
        fetch(new Request(URL_A, { headers: { authorization: `Bearer ${key}` } })).catch(error => error)
      for (let round = 0; round < 2; round++) await ask('one')
      expect(await ask('one')).toBeInstanceOf(CircuitOpenError)
      expect(await ask('two')).not.toBeInstanceOf(CircuitOpenError)
    })

    it('has one for each origin and key', async () => {
      const { breaker, start, fail } = setUp()
      const withKey = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })
      await fail(5, URL_A, withKey('one'))
      expect(await start(`${URL_A}?x=1`, { headers: new Headers(withKey('one').headers) })).toBeInstanceOf(
        CircuitOpenError,
      )
      expect(await start(URL_A, withKey('two'))).not.toBeInstanceOf(CircuitOpenError)
      expect(await start(URL_A)).not.toBeInstanceOf(CircuitOpenError)
      expect(await start(URL_B, withKey('one'))).not.toBeInstanceOf(CircuitOpenError)
      expect([breaker.state(), breaker.state(URL_A), breaker.state(URL_B)]).toEqual([
        'open',
        'open',
        'closed',
      ])
      expect(breaker.state('https://a.test.evil.test/')).toBe('closed')
    })

    it('shows no key', async () => {
      const changes: CircuitChange[] = []
      const { breaker, start, fail } = setUp({ onStateChange: change => changes.push(change) })
      const init = { headers: { authorization: 'Bearer sk-secret' } }
      await fail(5, URL_A, init)
      const error = (await start(URL_A, init)) as CircuitOpenError
      const shown = JSON.stringify([
        error,
        error.message,
        error.stack,
        changes,
        breaker,
        Object.entries(breaker),
      ])
      expect(shown).not.toContain('sk-secret')
      expect(changes).toEqual([{ origin: 'https://a.test', from: 'closed', to: 'open' }])
    })

    it('keeps the latest 256', async () => {
      const { breaker, call, fail } = setUp({ failureThreshold: 1 })
      await fail(1, 'https://first.test/')
      await fail(1, 'https://second.test/')
      for (let i = 0; i < 254; i++) await call('answered', `https://${i}.test/`)
      expect(breaker.state('https://first.test/')).toBe('open')
      await call('answered', 'https://one-more.test/')
      expect(breaker.state('https://first.test/')).toBe('closed')
      expect(breaker.state('https://second.test/')).toBe('open')
      // One that is used is not forgotten.
      vi.advanceTimersByTime(60_000)
      await call('answered', 'https://second.test/')
      for (let i = 300; i < 555; i++) await call('answered', `https://${i}.test/`)
      expect(breaker.state('https://second.test/')).toBe('half-open')
    })
  })

  describe('by hand', () => {
    it('isolate refuses everything until reset', async () => {
      const { breaker, call, start } = setUp()
      const under = (await start()) as StartedCall
      breaker.isolate()
      expect(breaker.state()).toBe('open')
      expect(await start(URL_B)).toMatchObject({
        name: 'CircuitOpenError',
        retryAt: Number.POSITIVE_INFINITY,
      })
      vi.advanceTimersByTime(1e9)
      expect(await start()).toBeInstanceOf(CircuitOpenError)
      await under.end('answered')
      breaker.reset()
      expect(breaker.state()).toBe('closed')
      await call('answered')
    })

    it('reset forgets failures and calls under way', async () => {
      const changes: CircuitChange[] = []
      const { breaker, start, fail } = setUp({ onStateChange: change => changes.push(change) })
      await fail(4)
      const old = await Promise.all(Array.from({ length: 5 }, () => start() as Promise<StartedCall>))
      breaker.reset()
      for (const call of old) await call.end('refused')
      expect(breaker.state()).toBe('closed')
      await fail(4)
      expect([breaker.state(), changes]).toEqual(['closed', []])
    })

    it('tells of each change, and goes on when that throws', async () => {
      const seen: string[] = []
      const { call, fail } = setUp({
        successThreshold: 1,
        onStateChange({ from, to }) {
          seen.push(`${from} > ${to}`)
          throw new Error('of the caller')
        },
      })
      await fail(5)
      vi.advanceTimersByTime(60_000)
      await call('overloaded')
      vi.advanceTimersByTime(60_000)
      await call('answered')
      expect(seen).toEqual([
        'closed > open',
        'open > half-open',
        'half-open > open',
        'open > half-open',
        'half-open > closed',
      ])
    })

    it.each([
      { failureThreshold: 0 },
      { failureThreshold: 1.5 },
      { failureThreshold: Number.NaN },
      { successThreshold: -1 },
      { successThreshold: '2' as never },
      { timeout: 0 },
      { timeout: Number.POSITIVE_INFINITY },
      { timeout: '5' as never },
      { timeout: null as never },
    ])('refuses %o', options => {
      expect(() => circuitBreaker(options)).toThrow(ConfigurationError)
    })
  })

  describe('in a client', () => {
    const connect = (fetch: Fetch, breaker: ReturnType<typeof circuitBreaker>) =>
      createClient({ baseUrl: 'https://a.test/v1', fetch, policies: [breaker, timeout({ idle: 5000 })] })

    it('counts a stream at its end', async () => {
      const fetch = createFakeFetch()
      const breaker = circuitBreaker({ failureThreshold: 1 })
      const client = connect(fetch, breaker)
      for await (const _ of streamChatCompletion(client, request));
      for await (const _ of streamChatCompletion(client, request)) break
      expect(breaker.state()).toBe('closed')
      const cut = connect(createFakeFetch({ faults: { cut: 2 } }), breaker)
      const read = async () => {
        for await (const _ of streamChatCompletion(cut, request)) expect(breaker.state()).toBe('closed')
      }
      await expect(read()).rejects.toBeInstanceOf(IncompleteStreamError)
      expect(breaker.state()).toBe('open')
    })

    it('counts a stream that falls silent', async () => {
      const breaker = circuitBreaker({ failureThreshold: 1 })
      const client = connect(createFakeFetch({ faults: { stall: 2 } }), breaker)
      const read = (async () => {
        for await (const _ of streamChatCompletion(client, request));
      })().catch(error => error)
      await vi.advanceTimersByTimeAsync(20_000)
      expect(await read).toMatchObject({ phase: 'idle' })
      expect(breaker.state()).toBe('open')
    })
  })

  describe('every course of events', () => {
    /** The rules once more, written down in another way. */
    class Model {
      state: 'closed' | 'open' | 'half-open' = 'closed'
      generation = 0
      row = 0
      opened = 0
      /** When each probe under way was sent. */
      probe: { readonly id: number; readonly since: number } | undefined
      isolated = false
      now = 0
      calls: { readonly id: number; readonly generation: number }[] = []

      readonly limits: { readonly failures: number; readonly successes: number; readonly timeout: number }

      constructor(limits: Model['limits']) {
        this.limits = limits
      }

      /** Whether a call goes out. */
      admits(): boolean {
        if (this.isolated) return false
        if (this.state === 'open') return this.now - this.opened >= this.limits.timeout
        return !this.probe || this.now - this.probe.since >= this.limits.timeout
      }

      begin(id: number): void {
        if (this.state === 'open') this.go('half-open')
        if (this.state === 'half-open') this.probe = { id, since: this.now }
        this.calls.push({ id, generation: this.generation })
      }

      end(place: number, passed: boolean | undefined): void {
        const [call] = this.calls.splice(place, 1)
        if (call!.generation !== this.generation) return
        if (this.probe?.id === call!.id) this.probe = undefined
        if (passed === undefined) return
        if (this.state === 'half-open' && !passed) {
          this.go('open')
          return
        }
        this.row = this.state === 'closed' && passed ? 0 : this.row + 1
        if (this.state === 'closed' && this.row === this.limits.failures) this.go('open')
        if (this.state === 'half-open' && this.row === this.limits.successes) this.go('closed')
      }

      go(state: Model['state']): void {
        this.state = state
        this.generation++
        this.row = 0
        this.probe = undefined
        this.opened = this.now
      }
    }

    const passes = (outcome: Outcome) =>
      outcome === 'answered' ? true : ['refused', 'overloaded', 'cut'].includes(outcome) ? false : undefined

    interface Real {
      readonly breaker: ReturnType<typeof circuitBreaker>
      readonly start: () => Promise<StartedCall | CircuitOpenError>
      readonly calls: StartedCall[]
      ids: number
    }
    type Command = fc.AsyncCommand<Model, Real>

    const command = (name: string, run: (model: Model, real: Real) => void | Promise<void>): Command => ({
      check: () => true,
      async run(model, real) {
        await run(model, real)
        expect(real.breaker.state()).toBe(model.isolated ? 'open' : model.state)
      },
      toString: () => name,
    })

    const commands = [
      fc.constant(
        command('begin', async (model, real) => {
          const call = await real.start()
          expect(call instanceof CircuitOpenError).toBe(!model.admits())
          if (call instanceof CircuitOpenError) return
          real.calls.push(call)
          model.begin(real.ids++)
        }),
      ),
      fc.record({ place: fc.nat(9), outcome: fc.constantFrom(...OUTCOMES) }).map(({ place, outcome }) =>
        command(`end ${place} ${outcome}`, async (model, real) => {
          const at = real.calls.length - 1 - (place % (real.calls.length || 1))
          const [call] = real.calls.splice(at, 1)
          await call?.end(outcome)
          if (call) model.end(at, passes(outcome))
        }),
      ),
      fc.constantFrom(1, 50, 99, 100, 101, 250).map(ms =>
        command(`wait ${ms}`, model => {
          vi.advanceTimersByTime(ms)
          model.now += ms
        }),
      ),
      fc.constantFrom('reset', 'isolate').map(name =>
        command(name, (model, real) => {
          real.breaker[name as 'reset' | 'isolate']()
          model.go('closed')
          model.isolated = name === 'isolate'
        }),
      ),
    ]
    // Resets are rare: they would hide what comes before.
    const [begin, end, wait, reset] = commands as [
      fc.Arbitrary<Command>,
      fc.Arbitrary<Command>,
      fc.Arbitrary<Command>,
      fc.Arbitrary<Command>,
    ]
    const mixed = fc.oneof(
      { arbitrary: begin, weight: 8 },
      { arbitrary: end, weight: 10 },
      { arbitrary: wait, weight: 4 },
      { arbitrary: reset, weight: 1 },
    )

    it('follows the rules, and is never wedged', async () => {
      const limits = fc.record({
        failures: fc.integer({ min: 1, max: 4 }),
        successes: fc.integer({ min: 1, max: 3 }),
      })
      await fc.assert(
        fc.asyncProperty(
          limits,
          fc.commands([mixed], { maxCommands: 80, size: 'max' }),
          async (limits, course) => {
            const { failures: failureThreshold, successes: successThreshold } = limits
            const { breaker, start } = setUp({ failureThreshold, successThreshold, timeout: 100 })
            const real: Real = { breaker, start: () => start(), calls: [], ids: 0 }
            const model = new Model({ ...limits, timeout: 100 })
            await fc.asyncModelRun(() => ({ model, real }), course)
            // From wherever it is, whatever is still under way: time and good answers close it.
            if (model.isolated) breaker.reset()
            for (let i = 0; i < successThreshold; i++) {
              vi.advanceTimersByTime(100)
              const call = await start()
              expect(call).not.toBeInstanceOf(CircuitOpenError)
              await (call as StartedCall).end('answered')
            }
            expect(breaker.state()).toBe('closed')
          },
        ),
        { numRuns: 300 },
      )
    })
  })
})
