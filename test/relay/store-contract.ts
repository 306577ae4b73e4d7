import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StreamStore } from '../../src/relay/index.ts'
import { failureOf } from '../client/harness.ts'

/** A store to be tried, and how it is ended. */
export interface OpenStore {
  /** Another view of the same logs: that of another process, where there may be one. */
  open(options: { ttl: number; lease: number; maxChars: number }): StreamStore
  close(): Promise<void>
}

const TIMES = { ttl: 60_000, lease: 60_000, maxChars: 1_000_000 }
const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

let count = 0
/** A name that no other test has. */
const newId = () => `user%3A1:log-${count++}`

/** Reads a log to its end. */
export async function readAll(store: StreamStore, id: string, after = 0): Promise<string[] | undefined> {
  const events: string[] = []
  for (;;) {
    const part = await store.read(id, after + events.length)
    if (!part) return undefined
    events.push(...part.events)
    if (part.closed) return events
  }
}

/** What holds for every store of streams. */
export function storeContract(name: string, start: () => Promise<OpenStore>): void {
  describe(`${name}, as any store of streams`, () => {
    let opened: OpenStore
    let store: StreamStore
    let other: StreamStore
    beforeAll(async () => {
      opened = await start()
      store = opened.open(TIMES)
      other = opened.open(TIMES)
    }, 60_000)
    afterAll(() => opened?.close())

    it('gives a log to one writer, and its mark to any other', async () => {
      const id = newId()
      const made = await Promise.all(
        Array.from({ length: 8 }, (_, index) => [store, other][index % 2]!.create(id, `m${index}`)),
      )
      expect(made.filter(mark => mark === undefined)).toHaveLength(1)
      const winner = `m${made.indexOf(undefined)}`
      expect(new Set(made)).toEqual(new Set([undefined, winner]))
      expect(await store.create(newId(), 'x')).toBeUndefined()
    })

    it('gives back what was written, as it was, from any place', async () => {
      const id = newId()
      const events = [
        'data: {"a":"é😀\\n"}\n\n',
        'event: x\r\ndata: \u2028\r\n\r\n',
        'data: \0\n\n',
        '',
        'data: 5\n\n',
      ]
      await store.create(id, 'm')
      expect(await store.append(id, 0, events.slice(0, 2))).toBe(true)
      expect(await other.append(id, 2, events.slice(2))).toBe(true)
      await store.close(id)
      for (let after = 0; after < events.length; after++)
        expect(await readAll(other, id, after)).toEqual(events.slice(after))
      expect(await store.read(id, 5)).toEqual({ events: [], closed: true })
      expect(await store.read(id, 500)).toEqual({ events: [], closed: true })
    })

    it('lets a reader wait for what is not there yet, and wakes each', async () => {
      const id = newId()
      await store.create(id, 'm')
      const waiting = Array.from({ length: 5 }, (_, index) => [store, other][index % 2]!.read(id, 0))
      await sleep(30)
      await store.append(id, 0, ['a', 'b'])
      for (const part of await Promise.all(waiting))
        expect(part).toEqual({ events: ['a', 'b'], closed: false })
      const last = other.read(id, 2)
      await sleep(30)
      await store.close(id)
      expect(await last).toEqual({ events: [], closed: true })
    })

    it('ends a wait at once on abort, with its reason', async () => {
      const id = newId()
      await store.create(id, 'm')
      const controller = new AbortController()
      const failing = failureOf(store.read(id, 0, controller.signal))
      await sleep(20)
      const reason = new Error('mine')
      controller.abort(reason)
      expect(await failing).toBe(reason)
      expect(await failureOf(store.read(id, 0, controller.signal))).toBe(reason)
    })

    it('knows nothing of a log that is not there', async () => {
      const id = newId()
      expect(await store.read(id, 0)).toBeUndefined()
      expect(await store.append(id, 0, ['a'])).toBe(false)
      await store.close(id)
      await store.close(id, 'error')
      expect(await store.read(id, 0)).toBeUndefined()
    })

    it('takes nothing after its end, and keeps its end', async () => {
      const id = newId()
      await store.create(id, 'm')
      await store.append(id, 0, ['a'])
      await other.close(id, 'stopped')
      expect(await store.append(id, 1, ['b'])).toBe(false)
      expect(await store.append(id, 2, [])).toBe(false)
      await store.close(id, 'again')
      expect(await readAll(store, id)).toEqual(['a', 'stopped'])
      expect(await store.create(id, 'n')).toBe('m')
    })

    it('forgets a log that ended without an event', async () => {
      const id = newId()
      await store.create(id, 'm')
      const waiting = other.read(id, 0)
      await store.close(id)
      expect(await waiting).toBeUndefined()
      expect(await store.create(id, 'n')).toBeUndefined()
      await store.close(id, 'stopped', 0)
      expect(await readAll(store, id)).toEqual(['stopped'])
    })

    it('has one writer: of two who write in the same place, one is told', async () => {
      const id = newId()
      await store.create(id, 'm')
      for (let from = 0; from < 20; from++) {
        const both = await Promise.all([
          store.append(id, from, [`a${from}`]),
          other.append(id, from, [`b${from}`]),
        ])
        expect(both.filter(Boolean)).toHaveLength(1)
      }
      expect(await store.append(id, 5, ['x'])).toBe(false)
      expect(await store.append(id, 25, ['x'])).toBe(false)
      // The loser must not end the winner's log either.
      await store.close(id, 'loser', 5)
      expect((await store.read(id, 19))!.closed).toBe(false)
      await store.close(id, 'winner', 20)
      expect((await readAll(store, id))!.slice(19)).toEqual([expect.stringMatching(/^[ab]19$/), 'winner'])
    })

    it('takes a writer for dead that says nothing for its lease', async () => {
      const short = opened.open({ ...TIMES, lease: 400 })
      const id = newId()
      await short.create(id, 'm')
      await short.append(id, 0, ['a'])
      expect(await short.read(id, 0)).toEqual({ events: ['a'], closed: false })
      const waiting = short.read(id, 1)
      await sleep(250)
      expect(await short.append(id, 1, [])).toBe(true)
      // Longer than the lease since the last event, and the writer has said since that it lives.
      const still = await Promise.race([waiting.then(() => 'told'), sleep(200).then(() => 'waiting')])
      expect(still).toBe('waiting')
      expect(await waiting).toBeUndefined()
      // Dead stays dead: a reader has been told so.
      expect(await short.append(id, 1, ['b'])).toBe(false)
      expect(await short.create(id, 'n')).toBe('m')
    })

    it('is full at its limit, and can still be told of it', async () => {
      const small = opened.open({ ...TIMES, maxChars: 100 })
      const id = newId()
      await small.create(id, 'm')
      expect(await small.append(id, 0, ['a'.repeat(60)])).toBe(true)
      expect(await small.append(id, 1, ['b'.repeat(60)])).toBe(false)
      expect(await small.append(id, 1, ['b'.repeat(30)])).toBe(true)
      await small.close(id, 'e'.repeat(60), 2)
      expect(await readAll(small, id)).toHaveLength(3)
    })

    it('forgets a log at its time after the end', async () => {
      const short = opened.open({ ...TIMES, ttl: 300 })
      const id = newId()
      await short.create(id, 'm')
      await short.append(id, 0, ['a'])
      await short.close(id)
      expect(await readAll(short, id)).toEqual(['a'])
      await sleep(400)
      expect(await short.read(id, 0)).toBeUndefined()
      expect(await short.create(id, 'n')).toBeUndefined()
    })

    it('holds 10,000 events for a reader who is slow', async () => {
      const id = newId()
      await store.create(id, 'm')
      const events = Array.from({ length: 10_000 }, (_, index) => `data: ${index}\n\n`)
      const write = async () => {
        for (let from = 0; from < events.length; from += 100)
          if (!(await store.append(id, from, events.slice(from, from + 100))))
            throw new Error(`refused at ${from}`)
        await store.close(id)
      }
      const read: string[] = []
      const slow = async () => {
        for (;;) {
          const part = await other.read(id, read.length)
          read.push(...part!.events)
          if (part!.closed) return
          await sleep(3)
        }
      }
      await Promise.all([write(), slow()])
      expect(read).toEqual(events)
    }, 60_000)

    it('keeps logs apart', async () => {
      const [one, two] = [newId(), newId()]
      await store.create(one, 'm')
      await store.create(two, 'm')
      await store.append(one, 0, ['a'])
      await store.append(two, 0, ['b'])
      await Promise.all([store.close(one), store.close(two)])
      expect([await readAll(store, one), await readAll(store, two)]).toEqual([['a'], ['b']])
    })
  })
}
