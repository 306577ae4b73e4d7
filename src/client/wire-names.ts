import { invalid, type ValidationIssue } from '../errors/validation-error.ts'

/**
 * Keys whose values are the user's own maps: nothing below them is renamed, either way. `npm run wire-maps` finds them in
 * the API's public description, and a test compares.
 */
export const VERBATIM: RegExp = /^(metadata|logit_?bias|parameters|schema)$/i

/** Deeper values are refused: `JSON.stringify` would overflow the stack on some runtime. */
const MAX_DEPTH = 500

/** `maxTokens` → `max_tokens`; keys of any other form than `aB` (`max_tokens`, `A-b`, `userID`, `x9Y_Z`) stay. */
export function snakeCase(key: string): string {
  return /^[a-z][a-z\d]*([A-Z][a-z\d]+)*[A-Z]?$/.test(key)
    ? key.replace(/[A-Z]/g, capital => `_${capital.toLowerCase()}`)
    : key
}

/** `max_tokens` → `maxTokens`; keys of any other form than `a_b` stay, and those with no way back (`a__b`, `x_1`, `a_b_c`). */
export function camelCase(key: string): string {
  return /^[a-z][a-z\d]*(_[a-z][a-z\d]+)*(_[a-z])?$/.test(key)
    ? key.replace(/_./g, pair => pair[1]!.toUpperCase())
    : key
}

/**
 * A request as it goes over the wire: a copy with its keys in snake_case at every depth, the user's own maps left alone.
 * `undefined` members are dropped, `toJSON` is honoured, an own `__proto__` is a key like any other. Where both spellings of
 * a name are given, both are sent and the service decides.
 *
 * @param rename false for a value that is sent verbatim
 * @throws {ValidationError} for what JSON would change in silence or cannot carry: NaN, Infinity, BigInt, functions, symbols,
 *   holes in arrays, maps, typed arrays, circular values, more than 500 levels; with the path of each
 */
export function toWire(body: unknown, rename = true): object {
  const issues: ValidationIssue[] = []
  let reading = ''
  // biome-ignore lint/suspicious/noExplicitAny: the caller's value may be anything
  const encode = (value: any, path: string, renames: boolean, parents: readonly unknown[]): unknown => {
    const inside = [...parents, value]
    const within = (child: unknown, key: string | number, childRenames = renames) =>
      encode(child, path + (path && '.') + key, childRenames, inside)
    reading = path
    if (value === null || /^(string|boolean)$/.test(typeof value) || Number.isFinite(value)) return value
    if (!parents.includes(value) && parents.length < MAX_DEPTH) {
      // That of an invalid date returns null.
      if (typeof value?.toJSON === 'function')
        return encode(value.toJSON() ?? Number.NaN, path, renames, inside)
      if (Array.isArray(value)) return Array.from(value, (child, index) => within(child, index))
      // A map or a typed array would lose its content.
      if (Object.prototype.toString.call(value) === '[object Object]')
        return Object.fromEntries(
          Object.keys(value).flatMap(key => {
            reading = path + (path && '.') + key
            const child = value[key]
            const name = renames ? snakeCase(key) : key
            const taken = name !== key && value[name] !== undefined
            return child === undefined
              ? []
              : [[taken ? key : name, within(child, key, renames && !VERBATIM.test(key))]]
          }),
        )
    }
    issues.push({ path, message: 'is not a value of JSON' })
  }
  let wire: unknown
  try {
    wire = encode(body, '', rename, [])
  } catch (cause) {
    // A getter, a proxy or a `toJSON` of the caller's threw.
    throw invalid([{ path: reading, message: 'cannot be read' }], cause)
  }
  if (Object(wire) !== wire && !issues.length) issues.push({ path: '', message: 'is not an object' })
  if (issues.length) throw invalid(issues)
  return wire as object
}

/** How the objects at one place of an answer look: most events of a stream have the same keys. */
export interface Place {
  keys?: readonly string[]
  names?: readonly string[]
  /** What is below each key; undefined where that is the user's own. */
  places?: readonly (Place | undefined)[]
  /** An object with all `names`, where they are not the keys themselves. */
  blank?: Json | undefined
  /** Of the outermost: how many keys have been learned here and below, those forgotten since included. */
  learned?: number
}

/** A service may make up keys without end. */
const MAX_LEARNED = 10_000

interface Json {
  [key: string]: unknown
}

/** {@link fromWire} for an object whose keys are new at its place. */
function learn(source: Json, place: Place, root: Place): Json {
  const keys = Object.keys(source)
  const names = keys.map(key => {
    const name = camelCase(key)
    return Object.hasOwn(source, name) ? key : name
  })
  const places = keys.map(key => (VERBATIM.test(key) ? undefined : {}))
  const blank = names.join() === keys.join() ? undefined : Object.fromEntries(names.map(name => [name, null]))
  Object.assign(place, { keys, names, places, blank })
  root.learned = (root.learned ?? 0) + keys.length
  // An assignment to `__proto__` would set the prototype.
  return Object.fromEntries(
    keys.map((key, i) => [names[i], places[i] ? fromWire(source[key], places[i], root) : source[key]]),
  )
}

/**
 * An answer as the caller sees it: keys in camelCase at every depth, nothing dropped. Takes over what `JSON.parse` made, and
 * may change it.
 *
 * It runs for every event of a stream. To give an object one key after the other costs two thirds of what `JSON.parse` does;
 * to copy an object with the right names and fill that in, one third. So `place` keeps what the last one looked like.
 */
export function fromWire(value: unknown, place: Place = {}, root: Place = place): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = fromWire(value[i], place, root)
    return value
  }
  const source = value as Json
  // What is below goes with them.
  if (place.learned! > MAX_LEARNED) Object.assign(place, { keys: [], places: [], learned: 0 })
  const { keys = [], names = [], places = [], blank } = place
  let i = 0
  // Looked at first: what is below must not be renamed twice at each level.
  for (const key in source) if (key !== keys[i++]) return learn(source, place, root)
  if (i !== keys.length) return learn(source, place, root)
  const result = blank ? { ...blank } : source
  i = 0
  for (const key in source) {
    const child = source[key]
    const isObject = typeof child === 'object'
    if (child !== null && (blank || isObject))
      result[names[i]!] = isObject && places[i] ? fromWire(child, places[i], root) : child
    i++
  }
  return result
}
