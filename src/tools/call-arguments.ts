import { isObject, noteSent } from '../wire/names.ts'

/**
 * The arguments that a call means: some models write nothing, `null` or an empty list where there are none, and some services
 * make a text of the JSON once more, or set `{}` before it.
 */
export function plainArguments(given: unknown): string {
  let json = typeof given === 'string' ? given : JSON.stringify(given ?? {})
  try {
    if (/^\s*"/.test(json)) json = `${JSON.parse(json)}`
  } catch {}
  // Trimmed first: two spaces that may be of any length, one behind the other, take quadratic time.
  return /^(null|\[\s*])?$/.test(json.trim()) ? '{}' : json.replace(/^{}(?={)/, '')
}

/**
 * The arguments as a conversation may hold them. vLLM and llama.cpp read those of each call again, and refuse the whole
 * conversation for one that is no JSON object: the model's words are put into one then.
 */
export function sentArguments(given: unknown): string {
  const json = plainArguments(given)
  try {
    if (/^\s*{/.test(json) && JSON.parse(json)) return json
  } catch {}
  return JSON.stringify({ INVALID_JSON: given })
}

/** Notes what services are sent of the arguments that these hold: only the wire sees it. */
export function noteArguments(holders: readonly unknown[]): void {
  for (const holder of holders)
    if (isObject(holder)) noteSent(holder, 'arguments', sentArguments(holder.arguments))
}
