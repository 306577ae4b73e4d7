import { isStopWord, keywordsOf, wordsOf } from './text.ts'

/** The names, words and numbers of a prompt, for the values of arguments. */
export interface Hints {
  /** The next name ("New York") or, after the names, another word. Begins again when all are used. */
  nextText: () => string
  /** Begins with the names again when all are used: two tools may take the one city. */
  renew: () => void
  /** The next number that `fits`. Each is handed out once. */
  nextNumber: (fits: (value: number) => boolean) => number | undefined
  /** Whether the prompt has all words of this text, in any case. */
  mentions: (text: string) => boolean
}

/** Bounds the work that each value costs after a long prompt. */
const MAX_HINTS = 100

export function hintsOf(prompt: string): Hints {
  const names = namesOf(prompt)
  const inNames = new Set(names.flatMap(wordsOf).map(word => word.toLowerCase()))
  // The last words first: "good zebras" is about zebras.
  const others = keywordsOf(prompt).filter(word => !inNames.has(word))
  const texts = [...names, ...others.slice(-MAX_HINTS).reverse()]
  const numbers = (prompt.match(/(?<![\p{L}\p{N}.-])-?\d{1,15}(?:\.\d{1,9})?(?![\p{L}\p{N}])/gu) ?? [])
    .slice(0, MAX_HINTS)
    .map(Number)
  const said = new Set(wordsOf(prompt).map(word => word.toLowerCase()))
  let used = 0
  return {
    nextText: () => texts[used++ % texts.length] ?? 'text',
    renew() {
      if (used >= names.length) used = 0
    },
    nextNumber(fits) {
      const found = numbers.findIndex(fits)
      return found < 0 ? undefined : numbers.splice(found, 1)[0]
    },
    mentions(text) {
      const words = wordsOf(text)
      return words.length > 0 && words.every(word => said.has(word.toLowerCase()))
    },
  }
}

/** Capitalised words, neighbours joined ("New York"); a sentence's first word only when there are no others. */
function namesOf(prompt: string): string[] {
  const inside: string[] = []
  const first: string[] = []
  for (const match of prompt.matchAll(/\p{Lu}[\p{L}\p{M}'’-]*(?:[ ]\p{Lu}[\p{L}\p{M}'’-]*)*/gu)) {
    const words = match[0].split(' ').filter(word => !isStopWord(word))
    if (words.length === 0) continue
    const before = prompt.slice(0, match.index).trimEnd().at(-1) ?? '.'
    const opens = '.!?:'.includes(before) && words.length === 1 && match[0] === words[0]
    ;(opens ? first : inside).push(words.join(' '))
    if (inside.length === MAX_HINTS) break
  }
  return inside.length > 0 ? inside : first.slice(0, MAX_HINTS)
}
