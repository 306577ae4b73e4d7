import { type Json, setMember } from '../wire/names.ts'

/** Reads JSON while it arrives. */
export interface PartialJson {
  /** Takes the next piece of the text. Returns whether the value has changed. */
  add(text: string): boolean
  /**
   * What the text holds so far: strings as far as they go, numbers and literals once they are over. It is one object that
   * grows: to copy it for each piece would take a time that grows with its square.
   */
  readonly value: unknown
}

/** What a string holds up to its end, or to an escape that is cut. */
const CHARACTERS = /(?:[^"\\]+|\\(?:u.{4}|[^u]))*/sy
const SCALAR = /[^\s,\]}]*/y

/**
 * Begins to read JSON text, in a time that grows with the text's length and not with the number of its pieces. What comes
 * before the first `{` or `[` is skipped, and a list that breaks or ends before an object, as `[1]` among words. It does not
 * judge: what becomes of a text that is not JSON is not said.
 */
export function createPartialJson(): PartialJson {
  /** The containers that are open, the innermost last. */
  const open: (unknown[] | object)[] = []
  let value: unknown
  let changed = false
  let isOver = false
  /** How the string or scalar goes on that is being read, what there is of it, and an escape that is cut. */
  let pattern: RegExp | undefined
  let token = ''
  let rest = ''
  /** Where the latest piece is read. */
  let at = 0
  /** Whether the next string is a key, and the last key. */
  let isKey = false
  let key = ''

  /** Sets the value that is being read. */
  function put(item: unknown, isNew: boolean): void {
    const top = open.at(-1)
    changed = true
    if (Array.isArray(top)) top[top.length - (isNew ? 0 : 1)] = item
    else if (top) setMember(top as Json, key, item)
    else value = item
  }

  /** Reads a character that stands between strings and scalars, or begins one. */
  function step(char: string): void {
    if (char === '{' || char === '[') {
      const container = char === '{' ? {} : []
      put(container, true)
      open.push(container)
      isKey = char === '{'
    } else if (!open.length || /\s/.test(char)) return
    else if (char === '}' || char === ']') {
      open.pop()
      isOver = !(open.length || Array.isArray(value))
    } else if (char === ',' || char === ':') isKey = char === ',' && !Array.isArray(open.at(-1))
    else if (char === '"') {
      pattern = CHARACTERS
      token = ''
      if (!isKey) put('', true)
    } else {
      pattern = SCALAR
      token = char
    }
  }

  function read(json: string): void {
    while (at < json.length && !isOver) {
      if (!pattern) {
        step(json[at++]!)
        continue
      }
      pattern.lastIndex = at
      const [run] = pattern.exec(json)!
      at += run.length
      if (pattern === SCALAR) {
        token += run
        if (at === json.length) return
        put(JSON.parse(token), true)
      } else {
        token += JSON.parse(`"${run}"`)
        if (isKey) key = token
        else if (run) put(token, false)
        if (json[at++] !== '"') {
          rest = json.slice(at - 1)
          return
        }
      }
      pattern = undefined
    }
  }

  return {
    get value() {
      return value
    },
    add(text) {
      changed = false
      const json = rest + text
      rest = ''
      at = 0
      for (;;)
        try {
          read(json)
          return changed
        } catch {
          isOver = !Array.isArray(value)
          open.length = 0
          pattern = undefined
        }
    },
  }
}
