import { isMap, isObject, isSchema, type Json, nameFromWire, noteSent, snakeCase } from './names.ts'

/** How the objects at one position of a stream's events look: most events have the same keys. */
interface Position {
  keys: readonly string[]
  names: readonly string[]
  /** What is below each key, once an object has been there; false where that is the user's own. */
  below: (Position | false | undefined)[]
  /** An object with all `names`, where they are not the keys themselves. */
  blank?: Json | undefined
  /** The keys that came in camelCase, where there are any. */
  kept?: readonly string[] | undefined
}

/** A service may make up keys without end. */
const MAX_LEARNED = 10_000

const newPosition = (): Position => ({ keys: [], names: [], below: [] })

/**
 * Makes what renames the events of one stream, as `fromWire` does a whole answer; it takes over what `JSON.parse` made, and
 * may change it.
 *
 * To give an object one key after the other costs two thirds of what `JSON.parse` does; to copy an object with the right names
 * and fill that in, one third. So it remembers what the events of this stream look like. A client that remembered for all of
 * its streams would learn anew at each event where two of them are of different kinds.
 */
export function createRenamer(verbatim?: readonly string[]): (event: unknown) => unknown {
  let root = newPosition()
  let learned = 0

  function learn(source: Json, position: Position): void {
    const keys = Object.keys(source)
    const isOwn = isSchema(source)
    const names = isOwn ? keys : keys.map(key => nameFromWire(source, key))
    const kept = isOwn ? [] : keys.filter(key => snakeCase(key) !== key)
    learned += keys.length
    Object.assign(position, {
      keys,
      names,
      below: keys.map(key => (isOwn || isMap(key, verbatim) ? false : undefined)),
      blank: names.join() === keys.join() ? undefined : Object.fromEntries(names.map(name => [name, null])),
      kept: kept.length ? kept : undefined,
    })
  }

  function isKnown(source: Json, { keys }: Position): boolean {
    let i = 0
    for (const key in source) if (key !== keys[i++]) return false
    return i === keys.length
  }

  function rename(value: unknown, position: Position): unknown {
    if (!isObject(value)) return value
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) value[i] = rename(value[i], position)
      return value
    }
    // Looked at first: what is below must not be renamed twice at each level.
    if (!isKnown(value, position)) learn(value, position)
    const { names, below, blank, kept } = position
    const result: Json = blank ? { ...blank } : value
    let i = 0
    for (const key in value) {
      const child = value[key]
      const isNested = typeof child === 'object'
      if (child !== null && (blank || isNested)) {
        if (isNested) below[i] ??= newPosition()
        result[names[i]!] = isNested && below[i] ? rename(child, below[i] as Position) : child
      }
      i++
    }
    if (kept) for (const key of kept) noteSent(result, key)
    return result
  }

  return event => {
    if (learned > MAX_LEARNED) {
      root = newPosition()
      learned = 0
    }
    return rename(event, root)
  }
}
