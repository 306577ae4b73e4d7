import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigurationError, memoryStore } from '../../src/index.ts'
import { failureOf } from '../client/harness.ts'

function has(store: ReturnType<typeof memoryStore>, ...keys: readonly string[]): readonly boolean[] {
  return keys.map(key => store.getItem(key) !== undefined)
}

describe('memoryStore', () => {
  it('gives what it was given, until it is removed or replaced', () => {
    const store = memoryStore()
    expect(store.getItem('a')).toBeUndefined()
    store.setItem('a', '1', {})
    store.setItem('a', '2', {})
    expect(store.getItem('a')).toBe('2')
    store.removeItem('a')
    store.removeItem('a')
    expect(store.getItem('a')).toBeUndefined()
  })

  it('lets go what was not read for the longest time', () => {
    const store = memoryStore({ maxEntries: 2 })
    store.setItem('a', '1', {})
    store.setItem('b', '1', {})
    store.getItem('a')
    store.setItem('c', '1', {})
    expect(has(store, 'a', 'b', 'c')).toEqual([true, false, true])
  })

  it('holds so many bytes, at two a character, names included', () => {
    const store = memoryStore({ maxBytes: 40 })
    store.setItem('a', '123456789', {})
    store.setItem('b', '123456789', {})
    expect(has(store, 'a', 'b')).toEqual([true, true])
    store.setItem('c', '', {})
    expect(has(store, 'a', 'b', 'c')).toEqual([false, true, true])
  })

  it('does not give everything up for an entry that is too large', () => {
    const store = memoryStore({ maxBytes: 40 })
    store.setItem('a', '1', {})
    store.setItem('b', '1', {})
    store.setItem('b', 'x'.repeat(20), {})
    expect(has(store, 'a', 'b')).toEqual([true, false])
  })

  it('is a map with the latest, whatever happens', () => {
    const key = fc.constantFrom('a', 'b', 'cc', 'dd')
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), key, value: fc.string({ maxLength: 8 }) }),
      fc.record({ kind: fc.constantFrom('get' as const, 'remove' as const), key }),
    )
    fc.assert(
      fc.property(fc.array(step), steps => {
        const store = memoryStore({ maxEntries: 3, maxBytes: 36 })
        let model: [key: string, value: string][] = []
        for (const one of steps) {
          const known = model.find(([name]) => name === one.key)
          model = model.filter(item => item !== known || one.kind === 'get')
          if ('value' in one) {
            store.setItem(one.key, one.value, {})
            model.push([one.key, one.value])
            const size = () => model.reduce((sum, [name, value]) => sum + 2 * (name.length + value.length), 0)
            while (model.length > 3 || size() > 36) model.shift()
          } else if (one.kind === 'get') {
            expect(store.getItem(one.key)).toBe(known?.[1])
            if (known) model = [...model.filter(item => item !== known), known]
          } else store.removeItem(one.key)
        }
        for (const [name, value] of model) expect(store.getItem(name)).toBe(value)
        expect(has(store, 'a', 'b', 'cc', 'dd').filter(Boolean)).toHaveLength(model.length)
      }),
    )
  })

  it.each([{ maxEntries: 0 }, { maxBytes: 0 }, { maxEntries: Number.NaN }, { maxBytes: -1 }])(
    'refuses the limits %j',
    async limits => {
      expect(await failureOf(() => memoryStore(limits))).toBeInstanceOf(ConfigurationError)
    },
  )
})
