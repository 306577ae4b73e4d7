import { hash } from './hash.ts'

/**
 * Cuts text into tokens: a word, or a run of punctuation, with the white space before it. Joined they are the text again.
 * Long words are cut, so that text without spaces streams too.
 */
export function tokenize(text: string): string[] {
  return text.match(/\s*(?:[\p{L}\p{M}\p{N}_]{1,16}|[^\s\p{L}\p{M}\p{N}_]{1,16})|\s+/gu) ?? []
}

export function countTokens(text: string): number {
  return tokenize(text).length
}

const STOP_WORDS = new Set(
  `a about all am an and any are as at be by can could did do does for from get give had has have how i in is it its let
  like make me my need now of on or our please s show so some t tell than that the their then there these they this to use
  using want was we were what when where which who why will with would you your`.split(/\s+/),
)

export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word.toLowerCase())
}

/** The words of a text, as they are written. */
export function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
}

/** The words of a text that say what it is about, in lower case, without repetition. */
export function keywordsOf(text: string): string[] {
  return [...new Set(wordsOf(text).map(word => word.toLowerCase()))].filter(word => !STOP_WORDS.has(word))
}

const OPENERS = [
  'You asked: "{q}".',
  'Let us look at "{q}" step by step.',
  'Thank you for asking "{q}", a question with a clear answer.',
  'Here is what I can say to "{q}".',
  'A short answer to "{q}" follows.',
  'There are several ways to read "{q}", and one of them is simple.',
  'Regarding "{q}", a few things are certain.',
  'When people ask "{q}", they mostly mean one thing.',
] as const

const MIDDLES = [
  'The part about {a} matters most, because {b} depends on it.',
  'It helps to begin with {a} and to leave {b} for later.',
  'Most of the difficulty is in {a}, while {b} takes care of itself.',
  'Consider {a} first, then compare it with {b}, and the rest becomes plain.',
  'Nobody needs to know everything about {a} in order to understand {b}.',
  'In practice {a} is easier than it looks; {b} is harder.',
  'Between {a} and {b} there is a connection that is often overlooked.',
  'Some would start from {b}, but {a} is the better place.',
] as const

const CLOSERS = [
  'That is the whole of it.',
  'I hope this helps you with {a}.',
  'Ask again if {b} is still unclear.',
  'With that in mind, {a} should be no trouble at all.',
  'In short: {a}, then {b}.',
  'Everything else follows from these two points.',
  'This is a deterministic answer from a fake model, about {a}.',
  'So much for {a} and {b}.',
] as const

const VARIANTS = OPENERS.length * MIDDLES.length * MIDDLES.length * CLOSERS.length

/** A few plausible sentences about a prompt. Variants less than 4096 apart differ; `context` is hashed, `variant` is not. */
export function writeText(prompt: string, context: string, variant: number): string {
  const index = (((hash(context) + variant) % VARIANTS) + VARIANTS) % VARIANTS
  const keywords = keywordsOf(prompt).map(word => [...word].slice(0, 24).join(''))
  const keyword = (n: number): string => keywords[(index + n) % keywords.length] ?? 'that'
  const pick = (list: readonly string[], digit: number): string =>
    list[Math.floor(index / 8 ** digit) % list.length] ?? ''
  const fill = (template: string, n: number): string =>
    template.replace(/\{([qab])\}/g, (_, slot) =>
      slot === 'q' ? quote(prompt) : keyword(slot === 'a' ? n : n + 1),
    )
  return [
    fill(pick(OPENERS, 0), 0),
    fill(pick(MIDDLES, 1), 0),
    fill(pick(MIDDLES, 2), 1),
    fill(pick(CLOSERS, 3), 2),
  ].join(' ')
}

function quote(prompt: string): string {
  const line = prompt.trim().replace(/\s+/g, ' ')
  const characters = [...line]
  return characters.length <= 80 ? line : `${characters.slice(0, 80).join('').trimEnd()}…`
}
