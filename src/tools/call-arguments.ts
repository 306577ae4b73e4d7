/**
 * The arguments that a call means: some models write nothing, `null` or an empty list where there are none, and some services
 * make a text of the JSON once more.
 */
export function plainArguments(given: unknown): string {
  let json = typeof given === 'string' ? given : JSON.stringify(given ?? {})
  try {
    if (/^\s*"/.test(json)) json = `${JSON.parse(json)}`
  } catch {}
  return /^\s*(null|\[\s*])?\s*$/.test(json) ? '{}' : json
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
