import { joinPath, type ValidationIssue, validationError } from '../errors/validation-error.ts'

/**
 * Names whose values are the user's own maps in every operation of the API's public description, and the free maps that
 * services add: nothing below them is renamed, either way. Names that are a map in one operation and an object in another are
 * that operation's to name, as its `verbatim`.
 */
const MAPS =
  /^(metadata|logit_?bias|parameters|arguments|attributes|variables|headers|env|(\w+_?)?schema|scores|sub_?rewards|datasource_?item|chat_?template_?kwargs)$/i

/** Deeper values are refused: `JSON.stringify` would overflow the stack on some runtime. */
const MAX_DEPTH = 500

/** Remembers what a function made of a name. A service may make up names without end, so it forgets them all now and then. */
/* @__NO_SIDE_EFFECTS__ */
function remembered(convert: (name: string) => string): (name: string) => string {
  let known = new Map<string, string>()
  return name => {
    let converted = known.get(name)
    if (converted === undefined) {
      converted = convert(name)
      if (known.size > 999) known = new Map()
      known.set(name, converted)
    }
    return converted
  }
}

/** `maxTokens` → `max_tokens`; keys of any other form than `aB` (`max_tokens`, `A-b`, `userID`, `x9Y_Z`) stay. */
export const snakeCase: (key: string) => string = /* @__PURE__ */ remembered(key =>
  /^[a-z][a-z\d]*([A-Z][a-z\d]+)*[A-Z]?$/.test(key)
    ? key.replace(/[A-Z]/g, capital => `_${capital.toLowerCase()}`)
    : key,
)

/** `max_tokens` → `maxTokens`; keys of any other form than `a_b` stay, and those with no way back (`a__b`, `x_1`, `a_b_c`). */
export const camelCase: (key: string) => string = /* @__PURE__ */ remembered(key =>
  /^[a-z][a-z\d]*(_[a-z][a-z\d]+)*(_[a-z])?$/.test(key)
    ? key.replace(/_./g, pair => pair[1]!.toUpperCase())
    : key,
)

export interface Json {
  [key: string]: unknown
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}

/**
 * Tells whether an object is itself a JSON schema: vendors take one under names of their own (`guided_json`, `format`), and its
 * property names are the user's.
 */
export function isSchema(value: Json): boolean {
  return (
    isObject(value.properties) ||
    typeof value.$schema === 'string' ||
    isObject(value.$defs) ||
    (value.type !== undefined && (isObject(value.items) || Array.isArray(value.anyOf ?? value.oneOf ?? value.allOf)))
  )
}

/** Whether what is below a key, or in an object, is left as it is. */
export function isMap(key: string, own: readonly string[] | undefined): boolean {
  return MAPS.test(key) || !!own?.includes(key)
}

/** What the wire held for a member that a caller sees otherwise. */
interface AsSent {
  readonly name: string
  readonly seen: unknown
  readonly sent: unknown
}

/**
 * By object and key, what a service sent where a caller sees something else: another spelling, or parts as a text. A message
 * that goes back is to hold what the same service sent.
 */
const sentValues: WeakMap<object, Map<string, AsSent>> = /* @__PURE__ */ new WeakMap()

/** Notes what a service sent for `target[key]`: under which name, and its value where the caller sees another. */
export function noteSent(target: Json, key: string, sent: unknown = target[key], name: string = key): void {
  const notes = sentValues.get(target) ?? new Map()
  sentValues.set(target, notes.set(key, { name, seen: target[key], sent }))
}

/** Finds what a service sent for a member, as long as the caller has left it alone. */
export function sentOf(target: object, key: string): AsSent | undefined {
  const note = sentValues.get(target)?.get(key)
  return note && note.seen === (target as Json)[key] ? note : undefined
}

/** How {@link toWire} treats names. */
export interface WireRules {
  /** Whether keys are renamed at all. @default true */
  readonly rename?: boolean
  /** Names whose values this operation leaves alone, besides those that all do. */
  readonly verbatim?: readonly string[] | undefined
}

/**
 * Makes a request as it goes over the wire: a copy with its keys in snake_case at every depth, the user's own maps and schemas
 * left alone. `undefined` members are dropped, `toJSON` is honoured, an own `__proto__` is a key like any other.
 *
 * @throws {ValidationError} for what JSON would change in silence or cannot carry: NaN, Infinity, BigInt, functions, symbols,
 *   holes in arrays, maps, binary data, circular values, more than 500 levels; and for both spellings of one name at once; with
 *   the path of each
 */
export function toWire(body: unknown, { rename = true, verbatim }: WireRules = {}): Json {
  const issues: ValidationIssue[] = []
  const path: (string | number)[] = []
  const parents: unknown[] = []

  // biome-ignore lint/suspicious/noExplicitAny: the caller's value may be anything
  function encode(value: any, renames: boolean): unknown {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    // Binary data first: the `toJSON` of a Buffer makes a list of numbers several times its size.
    if (!parents.includes(value) && parents.length < MAX_DEPTH && !ArrayBuffer.isView(value)) {
      parents.push(value)
      try {
        // That of an invalid date returns null.
        if (typeof value?.toJSON === 'function') return encode(value.toJSON() ?? Number.NaN, renames)
        if (Array.isArray(value)) return Array.from(value, (child, index) => within(child, index, renames))
        // A map would lose its content.
        if (Object.prototype.toString.call(value) === '[object Object]') return encodeObject(value, renames)
      } finally {
        parents.pop()
      }
    }
    issues.push({ path: joinPath(path), message: 'must be a value of JSON' })
  }

  function within(child: unknown, key: string | number, renames: boolean): unknown {
    path.push(key)
    const encoded = encode(child, renames)
    path.pop()
    return encoded
  }

  function encodeObject(value: Json, outerRenames: boolean): Json {
    const renames = outerRenames && !isSchema(value)
    const wire: Json = {}
    for (const key of Object.keys(value)) {
      path.push(key)
      const child = value[key]
      if (child !== undefined) {
        const note = renames ? sentOf(value, key) : undefined
        const name = note ? note.name : renames ? snakeCase(key) : key
        if (name !== key && value[name] !== undefined)
          issues.push({ path: joinPath(path), message: `and ${name} are two spellings of one name: give one` })
        const encoded = encode(note ? note.sent : child, renames && !isMap(key, verbatim))
        setMember(wire, name, encoded)
        const kept = rename ? undefined : sentOf(value, key)
        if (kept) noteSent(wire, key, kept.sent, kept.name)
      }
      path.pop()
    }
    return wire
  }

  let wire: unknown
  try {
    wire = encode(body, rename)
  } catch (cause) {
    // A getter, a proxy or a `toJSON` of the caller's threw.
    throw validationError([{ path: joinPath(path), message: 'cannot be read' }], cause)
  }
  if (!isObject(wire) && !issues.length) issues.push({ path: '', message: 'must be an object' })
  if (issues.length) throw validationError(issues)
  return wire as Json
}

/**
 * Names a member of an answer's object as the caller sees it: in camelCase, unless the object has both spellings.
 */
export function nameFromWire(source: Json, key: string): string {
  const name = camelCase(key)
  return name !== key && Object.hasOwn(source, name) ? key : name
}

/** Sets a member that a service named. An assignment to `__proto__` would set the prototype. */
export function setMember(target: Json, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}

/**
 * Renames an answer as the caller sees it: keys in camelCase at every depth, nothing dropped. One that is in camelCase on the
 * wire is noted, or it would go back in snake_case.
 */
export function fromWire(value: unknown, verbatim?: readonly string[]): unknown {
  if (!isObject(value)) return value
  if (Array.isArray(value)) return value.map(item => fromWire(item, verbatim))
  if (isSchema(value)) return value
  const result: Json = {}
  for (const key of Object.keys(value)) {
    const name = nameFromWire(value, key)
    const child = value[key]
    setMember(result, name, isObject(child) && !isMap(key, verbatim) ? fromWire(child, verbatim) : child)
    if (name === key && snakeCase(key) !== key) noteSent(result, key)
  }
  return result
}

/** Copies a value of JSON deeply, and what is noted of it: the original may still grow. */
export function copyJson<T>(value: T): T {
  if (!isObject(value)) return value
  if (Array.isArray(value)) return value.map(copyJson) as T
  const copy: Json = {}
  for (const key of Object.keys(value)) setMember(copy, key, copyJson(value[key]))
  for (const [key, { sent, name }] of sentValues.get(value) ?? []) noteSent(copy, key, copyJson(sent), name)
  return copy as T
}
