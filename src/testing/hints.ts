import { isStopWord, keywordsOf, wordsOf } from './text.ts'

/** What a prompt offers for the values of arguments. Each name and number is handed out once, in the prompt's order. */
export interface Hints {
  /** A place, person or the like from the prompt; the names begin again when all are used. */
  nextName: () => string | undefined
  /** The next number of the prompt that `fits`. */
  nextNumber: (fits: (value: number) => boolean) => number | undefined
  keywords: string[]
  lastWord: string | undefined
  /** Whether the prompt has this text as whole words, in any case. */
  mentions: (text: string) => boolean
}

export function hintsOf(prompt: string): Hints {
  const names = namesOf(prompt)
  const numbers = (prompt.match(/(?<![\p{L}\p{N}.-])-?\d{1,15}(?:\.\d{1,9})?(?![\p{L}\p{N}])/gu) ?? []).map(
    Number,
  )
  const spaced = ` ${wordsOf(prompt).join(' ').toLowerCase()} `
  let used = 0
  return {
    nextName: () => names[used++ % names.length],
    nextNumber(fits) {
      const found = numbers.findIndex(fits)
      return found < 0 ? undefined : numbers.splice(found, 1)[0]
    },
    keywords: keywordsOf(prompt),
    lastWord: wordsOf(prompt).at(-1),
    mentions: text => spaced.includes(` ${wordsOf(text).join(' ').toLowerCase()} `),
  }
}

/** Capitalised words, neighbours joined ("New York"); a sentence's first word only when there are no others. */
function namesOf(prompt: string): string[] {
  const inside: string[] = []
  const first: string[] = []
  for (const match of prompt.matchAll(/\p{Lu}[\p{L}\p{M}'’-]*(?:[ ]\p{Lu}[\p{L}\p{M}'’-]*)*/gu)) {
    const before = prompt.slice(0, match.index).trimEnd()
    const words = match[0].split(' ').filter(word => !isStopWord(word))
    if (words.length === 0) continue
    const starts = before === '' || /[.!?:]$/.test(before)
    ;(starts && words.length === 1 && match[0] === words[0] ? first : inside).push(words.join(' '))
  }
  return inside.length > 0 ? inside : first
}
