import { hash, hashId } from './hash.ts'
import type { Hints } from './hints.ts'
import type { JsonObject } from './json.ts'
import { conforms, number } from './schema-check.ts'
import { matching } from './schema-pattern.ts'
import { wordsOf } from './text.ts'

/** Where a value goes: its property's name, the prompt's hints, and a salt that tells the items of an array apart. */
export interface Place {
  name: string
  hints: Hints
  salt: number
}

const NAME_LIKE =
  /^(cit(y|ies)|locations?|places?|countr(y|ies)|towns?|regions?|names?|quer(y|ies)|search|topics?|subjects?|titles?|keywords?|destinations?|origins?|from|to|persons?|people|users?|customers?|compan(y|ies)|address(es)?)$/

/** Whether a property's name asks for a name: `city`, `userName`, `search_query`. */
export function wantsName(name: string): boolean {
  return wordsOf(name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll('_', ' ')).some(word =>
    NAME_LIKE.test(word.toLowerCase()),
  )
}

const FORMATS: Record<string, (salt: number) => string> = {
  date: salt => `2023-11-${14 + (salt % 16)}`,
  'date-time': salt => `2023-11-${14 + (salt % 16)}T22:13:20Z`,
  time: salt => `22:13:${20 + (salt % 40)}Z`,
  duration: salt => `P${1 + salt}D`,
  email: salt => `user${salt || ''}@example.com`,
  hostname: salt => `host${salt || ''}.example.com`,
  ipv4: salt => `192.0.2.${1 + (salt % 254)}`,
  ipv6: salt => `2001:db8::${(1 + salt).toString(16)}`,
  uri: salt => `https://example.com/${salt || ''}`,
  url: salt => `https://example.com/${salt || ''}`,
  'uri-reference': salt => `/path/${salt || ''}`,
  uuid: salt => {
    const id = hashId(`uuid ${salt}`, 32)
    return `${id.slice(0, 8)}-${id.slice(8, 12)}-4${id.slice(13, 16)}-a${id.slice(17, 20)}-${id.slice(20)}`
  },
}

/** Strings for a schema, the likeliest first. */
export function* stringCandidates(
  schema: JsonObject,
  { name, hints, salt }: Place,
): Generator<string | undefined> {
  const min = number(schema.minLength, 0)
  const max = number(schema.maxLength, Infinity)
  const { format, pattern } = schema
  if (typeof format === 'string' && Object.hasOwn(FORMATS, format)) yield FORMATS[format]?.(salt)
  const words = [hints.keywords[salt % (hints.keywords.length || 1)], hints.lastWord, 'text']
  if (wantsName(name)) words.unshift(hints.lastWord)
  if (salt > 0) words.unshift(`${words.find(Boolean)} ${salt}`)
  for (const word of words) if (word) yield fitLength(word, min, max)
  if (typeof pattern === 'string') yield matching(pattern, min, max, salt)
}

function fitLength(text: string, min: number, max: number): string {
  let long = text
  while (long.length < Math.min(min, 100_000) * 2 && [...long].length < min) long += ` ${text}`
  return [...long].slice(0, max).join('')
}

/** Numbers for a schema, the likeliest first. */
export function* numberCandidates(
  schema: JsonObject,
  whole: boolean,
  { hints, salt, name }: Place,
): Generator<number | undefined> {
  yield hints.nextNumber(value => conforms(value, whole ? { ...schema, type: 'integer' } : schema))
  const multiple = number(schema.multipleOf, 0)
  const low = Math.max(number(schema.minimum, -Infinity), number(schema.exclusiveMinimum, -Infinity))
  const high = Math.min(number(schema.maximum, Infinity), number(schema.exclusiveMaximum, Infinity))
  if (whole || multiple > 0) yield* multiples(multiple > 0 ? multiple : 1, low, high, salt)
  else {
    const between = low + ((high - low) * (1 + (hash(name, salt) % 8))) / 9
    const tries = [1 + salt, between, low + 1 + salt, high - 1 - salt, low, 1.5 + salt]
    yield* tries.filter(Number.isFinite)
  }
}

/** Multiples of a step: from 1 step, or else from the least one that is allowed, upwards; below that, downwards. */
function* multiples(step: number, low: number, high: number, salt: number): Generator<number> {
  const down = low <= 0 && high < step
  const first = down ? Math.floor(high / step) : Math.max(1, Math.ceil(low / step))
  // A whole number that is also a multiple of a fraction can be many steps away, and a salt can lead out of the range.
  for (const start of [salt, 0]) {
    for (let i = start; i <= start + 1000; i++) {
      yield Number(((down ? first - i : first + i) * step).toPrecision(15))
    }
  }
}
