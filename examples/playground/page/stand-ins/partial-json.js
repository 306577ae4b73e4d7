// Stands in for the reader inside llmfetch's own `streamObject` until there is one.

/** The words of JSON. All others are numbers. */
const WORDS = { true: true, false: false, null: null }

/**
 * The value that has arrived of a JSON text which may end anywhere: the whole members of its objects, the beginning of its
 * last string. Undefined where nothing can be told yet: a number may go on.
 */
export function parsePartial(text) {
  let at = 0
  const matches = pattern => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0] ?? ''
    at += found.length
    return found
  }
  const skip = () => matches(/[\s,:]*/y)

  function string() {
    const found = matches(/"(?:[^"\\]|\\u[\da-f]{4}|\\[^u])*/iy)
    // The rest of an escape that is cut.
    if (at < text.length && text[at] !== '"') at = text.length
    else at++
    return JSON.parse(`${found}"`)
  }

  function list() {
    const items = []
    for (at++, skip(); at < text.length && text[at] !== ']'; skip()) {
      const item = value()
      if (item !== undefined) items.push(item)
    }
    at++
    return items
  }

  function object() {
    const members = {}
    for (at++, skip(); at < text.length && text[at] !== '}'; skip()) {
      const key = string()
      // A key that is cut is followed by nothing.
      skip()
      const member = value()
      const open = { value: member, enumerable: true, configurable: true, writable: true }
      // Defined, not assigned: a key may be `__proto__`.
      if (member !== undefined) Object.defineProperty(members, key, open)
    }
    at++
    return members
  }

  function value() {
    skip()
    if (text[at] === '{') return object()
    if (text[at] === '[') return list()
    if (text[at] === '"') return string()
    const word = matches(/[\w.+-]+/y)
    if (!word) at = text.length
    if (at >= text.length) return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined
    return Object.hasOwn(WORDS, word) ? WORDS[word] : Number(word)
  }

  return value()
}
