import { joinPath, type ValidationIssue, validationError } from '../errors/validation-error.ts'

/**
 * Names whose values are the user's own maps in every operation of the API's public description, and the free maps that
 * services add: nothing below them is renamed, either way. Names that are a map in one operation and an object in another are
 * that operation's to name, as its `verbatim`.
 */
const MAPS =
  /^(metadata|logit_?bias|parameters|arguments|attributes|variables|headers|env|.*schema|chat_?template_?kwargs)$/i

export interface Json {
  [key: string]: unknown
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}

/**
 * Remembers what a function made of a name. A service may make up names without end, so it forgets them all now and then, and
 * long ones at once: they would be held for good.
 */
/* @__NO_SIDE_EFFECTS__ */
export function remembered<T>(convert: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>()
  return name => {
    let converted = known.get(name)
    if (converted === undefined) {
      if (known.size > 999) known.clear()
      converted = convert(name)
      if (name.length < 99) known.set(name, converted)
    }
    return converted
  }
}

/** `maxTokens` → `max_tokens`; keys of any other form than `aB` (`max_tokens`, `A-b`, `userID`, `x9Y_Z`) stay. */
export const snakeCase: (key: string) => string = /* @__PURE__ */ remembered(key =>
  /^[a-z][a-z\d]*([A-Z][a-z\d]+)*[A-Z]?$/.test(key) ? key.replace(/[A-Z]/g, '_$&').toLowerCase() : key,
)

/** `max_tokens` → `maxTokens`; keys of any other form than `a_b` stay, and those with no way back (`a__b`, `x_1`, `a_b_c`). */
export const camelCase: (key: string) => string = /* @__PURE__ */ remembered(key => {
  const name = key.replace(/_./g, pair => pair[1]!.toUpperCase())
  return snakeCase(name) === key ? name : key
})

/**
 * Tells whether an object is itself a JSON schema: vendors take one under names of their own (`guided_json`, `format`), and its
 * property names are the user's.
 */
export function isSchema({ properties, $schema, $defs, type, items, anyOf }: Json): boolean {
  return isObject(properties ?? $defs ?? (type && (items ?? anyOf))) || !!$schema
}

const isKnownMap: (key: string) => boolean = /* @__PURE__ */ remembered(key => MAPS.test(key))

/** Tells whether what is below a key is the user's own. */
export function isMap(key: string, verbatim: readonly string[] | undefined): boolean {
  return isKnownMap(key) || !!verbatim?.includes(key)
}

/** What the wire held for a member, and what the caller sees of it. */
interface Note {
  readonly sent: unknown
  readonly seen: unknown
}

/**
 * By object and key, the members that go back otherwise than a request is made: under a name in camelCase, or as parts where
 * the caller sees a text. A message that goes back is to hold what the same service sent.
 */
const notes: WeakMap<object, Map<string, Note>> = /* @__PURE__ */ new WeakMap()

/** Notes that a service sent `target[key]` under this very name, and its value where the caller sees another. */
export function noteSent(target: Json, key: string, sent: unknown = target[key]): void {
  const known = notes.get(target) ?? new Map()
  notes.set(target, known.set(key, { sent, seen: target[key] }))
}

/** Finds what is noted of a member, as long as the caller has left it alone. */
export function sentOf(target: Json, key: string): Note | undefined {
  const note = notes.get(target)?.get(key)
  return note?.seen === target[key] ? note : undefined
}

/** Sets a member that somebody named. An assignment to `__proto__` would set the prototype. */
export function setMember(target: Json, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else target[key] = value
}

/**
 * Makes a request as it goes over the wire: a copy with its keys in snake_case at every depth, the user's own maps and schemas
 * left alone. `undefined` members are dropped, `toJSON` is honoured, an own `__proto__` is a key like any other.
 *
 * @param rename whether keys are renamed at all
 * @param verbatim names whose values this operation leaves alone, besides those that all do
 * @throws {ValidationError} for what JSON would change in silence or cannot carry: NaN, Infinity, BigInt, functions, symbols,
 *   holes in arrays, maps, binary data, circular values, more than 500 levels (`JSON.stringify` would overflow the stack on some
 *   runtime); and for both spellings of one name at once; with the path of each
 */
export function toWire(body: unknown, rename = true, verbatim?: readonly string[]): Json {
  const issues: ValidationIssue[] = []
  const path: (string | number)[] = []
  const parents: unknown[] = []
  const refuse = (message: string) => {
    issues.push({ path: joinPath(path), message })
  }

  // biome-ignore lint/suspicious/noExplicitAny: the caller's value may be anything
  function encode(value: any, renames: boolean): unknown {
    if (value === null || value === !!value || typeof value === 'string' || Number.isFinite(value))
      return value
    const isList = Array.isArray(value)
    const converts = typeof value?.toJSON === 'function'
    const isFit = isList || converts || Object.prototype.toString.call(value) === '[object Object]'
    // The `toJSON` of a Buffer makes a list of numbers several times its size; a map would lose its content.
    if (!isFit || parents.includes(value) || parents.length > 499 || ArrayBuffer.isView(value))
      return refuse('must be a value of JSON')
    parents.push(value)
    // That of an invalid date returns null.
    // biome-ignore lint/suspicious/noExplicitAny: a value of JSON
    const copy: any = converts ? encode(value.toJSON() ?? undefined, renames) : isList ? [] : {}
    const known = notes.get(value)
    // A copy under the caller's names is still to go back as it came.
    if (known && !rename) notes.set(copy, known)
    const isOpen = renames && !isSchema(value)
    for (const key of (converts ? [] : isList ? value.keys() : Object.keys(value)) as Iterable<string>) {
      const child = value[key]
      if (child === undefined && !isList) continue
      path.push(key)
      const note = isOpen && known?.get(key)
      const name = !isOpen || isList || note ? key : snakeCase(key)
      if (name !== key && value[name] !== undefined) refuse(`and ${name} are two spellings of one name`)
      const sent = note && note.seen === child ? note.sent : child
      setMember(copy, name, encode(sent, isOpen && !isMap(key, verbatim)))
      path.pop()
    }
    parents.pop()
    return copy
  }

  let wire: unknown
  try {
    wire = encode(body, rename)
  } catch (cause) {
    // A getter, a proxy or a `toJSON` of the caller's threw.
    throw validationError([{ path: joinPath(path), message: 'cannot be read' }], { cause })
  }
  if (!isObject(wire) && !issues.length) refuse('must be an object')
  if (issues.length) throw validationError(issues)
  return wire as Json
}

/** Names a member of an answer's object as the caller sees it: in camelCase, unless the object has both spellings. */
export function nameFromWire(source: Json, key: string): string {
  const name = camelCase(key)
  return name !== key && Object.hasOwn(source, name) ? key : name
}

/**
 * Renames an answer as the caller sees it: keys in camelCase at every depth, nothing dropped. One that is in camelCase on the
 * wire is noted, or it would go back in snake_case.
 */
export function fromWire(value: unknown, verbatim?: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map(item => fromWire(item, verbatim))
  if (!isObject(value) || isSchema(value)) return value
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
  if (Array.isArray(value)) return value.map(copyJson) as T
  if (!isObject(value)) return value
  const copy: Json = {}
  for (const key of Object.keys(value)) {
    setMember(copy, key, copyJson(value[key]))
    const note = sentOf(value, key)
    if (note) noteSent(copy, key, copyJson(note.sent))
  }
  return copy as T
}
