import { isMap, isObject, isSchema, type Json, nameFromWire, noteSent, setMember, snakeCase } from './names.ts'

/** How the objects at one position of a stream's events look: most events have the same keys. */
interface Shape {
  readonly keys: readonly string[]
  readonly names: readonly string[]
  /** What is below each key; undefined where that is the user's own. */
  readonly below: readonly (Position | undefined)[]
  /** An object with all `names`, where they are not the keys themselves. */
  readonly blank: Json | undefined
  /** The keys that came in camelCase. */
  readonly kept: readonly string[]
}

/** A position in the events, and the shape that was last seen there. */
interface Position {
  shape?: Shape
}

/** A service may make up keys without end. */
const MAX_LEARNED = 10_000

/**
 * Makes what renames the events of one stream, as `fromWire` does a whole answer; it takes over what `JSON.parse` made, and
 * may change it.
 *
 * To give an object one key after the other costs two thirds of what `JSON.parse` does; to copy an object with the right names
 * and fill that in, one third. So it remembers what the events of this stream look like. A client that remembered for all of
 * its streams would learn anew at each event where two of them are of different kinds.
 */
export function createRenamer(verbatim?: readonly string[]): (event: unknown) => unknown {
  let root: Position = {}
  let learned = 0

  function learn(source: Json, position: Position): Json {
    const keys = Object.keys(source)
    const names = keys.map(key => nameFromWire(source, key))
    const own = isSchema(source)
    const below = keys.map(key => (own || isMap(key, verbatim) ? undefined : {}))
    const isSame = own || names.join() === keys.join()
    const kept = own ? [] : keys.filter((key, i) => names[i] === key && snakeCase(key) !== key)
    const blank = isSame ? undefined : Object.fromEntries(names.map(name => [name, null]))
    position.shape = { keys, names: own ? keys : names, below, blank, kept }
    learned += keys.length
    const result: Json = {}
    keys.forEach((key, i) => {
      const child = source[key]
      setMember(result, position.shape!.names[i]!, below[i] ? rename(child, below[i]) : child)
    })
    for (const key of kept) noteSent(result, key)
    return result
  }

  function rename(value: unknown, position: Position): unknown {
    if (!isObject(value)) return value
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) value[i] = rename(value[i], position)
      return value
    }
    const { shape } = position
    if (!shape) return learn(value, position)
    const { keys, names, below, blank, kept } = shape
    let i = 0
    // Looked at first: what is below must not be renamed twice at each level.
    for (const key in value) if (key !== keys[i++]) return learn(value, position)
    if (i !== keys.length) return learn(value, position)
    const result: Json = blank ? { ...blank } : value
    i = 0
    for (const key in value) {
      const child = value[key]
      const isNested = typeof child === 'object'
      if (child !== null && (blank || isNested))
        result[names[i]!] = isNested && below[i] ? rename(child, below[i]!) : child
      i++
    }
    for (const key of kept) noteSent(result, key)
    return result
  }

  return event => {
    if (learned > MAX_LEARNED) {
      root = {}
      learned = 0
    }
    return rename(event, root)
  }
}
