import { camelCase } from '../src/wire/names.ts'
import type { Description } from './description.ts'

/** `create-realtime-call`, `CreateContainerFile` → `['create', 'container', 'file']`. */
function splitId(id: string): readonly string[] {
  return id
    .replace(/[-_ ]+(\w)/g, (_, first: string) => first.toUpperCase())
    .split(/(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])/)
    .map(word => word.toLowerCase())
}

/** The words of the description's paths, each in the singular and the plural. */
export function readWords(
  { paths }: Pick<Description, 'paths'>,
  more: readonly string[],
): ReadonlySet<string> {
  const words = new Set(more)
  for (const word of Object.keys(paths).flatMap(path => path.toLowerCase().match(/[a-z]+/g) ?? [])) {
    words.add(word)
    words.add(word.replace(/s$/, ''))
    words.add(`${word}s`)
    words.add(word.replace(/y$/, 'ies'))
  }
  return words
}

/**
 * Makes the name of a function of an operation's id, and checks each word of it: two words that run together, or a misspelt one,
 * would be a name for ever.
 *
 * @throws {Error} for an id that it cannot split into known words
 */
export function functionName(id: string, words: ReadonlySet<string>): string {
  const own = splitId(id)
  const unknown = own.filter(word => !words.has(word))
  if (unknown.length)
    throw new Error(
      `The id ${id} has unknown words: ${unknown.join(', ')}. Add a name for it, or the words, to overrides.ts`,
    )
  return own.map((word, index) => (index ? capitalize(word) : word)).join('')
}

export function capitalize(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1)
}

/** `code_interpreter`, `response.output_text.delta`, `image/png` → a name in PascalCase. */
export function pascalCase(name: string): string {
  const words = camelCase(name).match(/[A-Za-z]+|\d+/g) ?? []
  return words.map(capitalize).join('')
}
