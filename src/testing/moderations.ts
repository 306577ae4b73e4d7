import { hash, hashId } from './hash.ts'
import { isObject, type JsonObject } from './json.ts'
import { type Answer, jsonAnswer } from './parts.ts'
import { readFields } from './read-fields.ts'
import type { Call } from './route.ts'
import { refuse } from './service-error.ts'
import { wordsOf } from './text.ts'

/** The categories, and the words that the fake takes for a sign of each. */
const CATEGORIES: { readonly [category: string]: string } = {
  harassment: 'idiot idiots stupid loser',
  'harassment/threatening': 'threaten threatened',
  hate: 'hate hated hateful',
  'hate/threatening': '',
  illicit: 'drug drugs steal stolen counterfeit',
  'illicit/violent': 'bomb bombs weapon weapons',
  'self-harm': 'suicide suicidal',
  'self-harm/intent': '',
  'self-harm/instructions': '',
  sexual: 'porn sexual',
  'sexual/minors': '',
  violence: 'kill killed murder attack',
  'violence/graphic': 'blood gore',
}

/** Answers with what a word or two in each input is a sign of. */
export function answerModerations(call: Call): Answer {
  const { input, model = 'omni-moderation-latest' } = readFields(call, ['input'])
  const inputs = isParts(input) ? [textOf(input)] : [input].flat().map(textOf)
  if (!inputs.length) refuse("Invalid 'input': expected at least one.", 'input', 'empty_array')
  return jsonAnswer(200, {
    id: `modr-${hashId(JSON.stringify(input), 24)}`,
    model,
    results: inputs.map(judge),
  })
}

/** Parts of one input, and not several inputs. */
function isParts(input: unknown): boolean {
  return Array.isArray(input) && input.some(isObject)
}

function textOf(input: unknown): string {
  if (typeof input === 'string') return input
  if (!isObject(input) && !Array.isArray(input)) refuse("Invalid type for 'input'.", 'input', 'invalid_type')
  return [input]
    .flat()
    .map(part => (isObject(part) && typeof part.text === 'string' ? part.text : ''))
    .join(' ')
}

function judge(text: string): JsonObject {
  const words = new Set(wordsOf(text).map(word => word.toLowerCase()))
  const found = Object.entries(CATEGORIES).map(([category, signs]) => {
    return [category, signs.split(' ').some(sign => words.has(sign))] as const
  })
  const score = (category: string, isFound: boolean) =>
    (isFound ? 0.9 : 0) + (hash(text + category) % 1000) / 1e5
  return {
    flagged: found.some(([, isFound]) => isFound),
    categories: Object.fromEntries(found),
    category_scores: Object.fromEntries(
      found.map(([category, isFound]) => [category, score(category, isFound)]),
    ),
    category_applied_input_types: Object.fromEntries(found.map(([category]) => [category, ['text']])),
  }
}
