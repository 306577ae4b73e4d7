import { Refusal } from './refusal.ts'
import type { RelayLimits } from './types.ts'

/** A request's members, in wire names. */
export type WireBody = { [name: string]: unknown }

/**
 * Members that reach what other users of the account have stored, past the list of models, to another address or account (LiteLLM,
 * SGLang and vLLM take them from a request's body), into the service's own code, or past the limit of tokens: `n_predict` wins over
 * `max_tokens` in llama.cpp.
 */
const REACHING =
  /^(previous_response_id|conversation|background|service_tier|file_id|vector_store_ids|container|(\w+_)?fallbacks|route|preset|plugins|(api|aws|azure|vertex|litellm)_\w+|\w*base_url|\w+_endpoint(_url)?|deployment_url|user_config|model_list|custom_llm_provider|extra_(body|headers)|mcp_servers|web_search_options|functions|best_of|bootstrap_(host|port|room)|kv_transfer_params|lora_path|prompt_embeds|chat_template|custom_logit_processor|logits_processors|n_predict|num_predict|max_new_tokens)$/

const TOKENS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const

function refuse(param: string, message: string): never {
  throw new Refusal(400, 'not_allowed', `${param}: ${message}`, { param })
}

/** Parsers in Go take `Model` for `model`, and the last one wins: a name that only such a parser knows would pass the checks. */
function refuseCapitals(object: object, allow: readonly string[], param?: string): void {
  for (const name of Object.keys(object))
    if (!/^[a-z\d_.:-]+$/.test(name) && !allow.includes(name))
      refuse(param ?? name, 'names must be in lower case')
}

/** Looks at every name, as files are named deep inside a message. Only what holds a text or a list is one: a schema may describe a `file_id`. */
function refuseReaching(body: WireBody, allow: readonly string[]): void {
  for (const [name, value] of Object.entries(body))
    if (REACHING.test(name) && value != null && !allow.includes(name)) refuse(name, 'is not allowed here')
  // An item of an input that has nothing but an id names one that is stored.
  for (const { id, type, role } of [body.input].flat().map(Object))
    if (id !== undefined && (type ?? role) == null && !allow.includes('item_reference'))
      refuse('input', 'an item needs a type or a role')
  if (typeof body.prompt === 'object' && !allow.includes('prompt')) refuse('prompt', 'must be a text')
  JSON.stringify(body, (name, value: unknown) => {
    const isStored =
      (name === 'file_id' && typeof value === 'string') || (name === 'type' && value === 'item_reference')
    if (isStored && !allow.includes(name === 'type' ? 'item_reference' : name))
      refuse(name, 'is not allowed here')
    return value
  })
}

function checkTools({ tools }: WireBody, { tools: allowed = false, allow = [] }: RelayLimits): void {
  if (tools == null) return
  if (!Array.isArray(tools)) refuse('tools', 'must be a list')
  const accepted = Array.isArray(allowed) ? allowed : allowed ? ['function', 'custom'] : []
  tools.forEach((tool, index) => {
    const { type, function: called, custom } = Object(tool)
    const parts = [tool, called, custom].map(Object)
    for (const part of parts) refuseCapitals(part, allow, `tools[${index}]`)
    const isPages = type === 'function' || type === 'custom'
    // A service reads one of the names; a list of one word reads like the word.
    const names = parts.map(({ name }) => name).filter(name => name !== undefined)
    const isNamed = isPages && names.length > 0 && names.every(name => accepted.includes(name))
    if (!accepted.includes(type) && !isNamed) refuse(`tools[${index}]`, 'is not allowed here')
  })
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0
}

/**
 * Caps the tokens of the answer, by the one name that the service knows: a limit of any other name would be a limit to the relay
 * alone. Returns how many it may have.
 */
function capTokens(body: WireBody, field: string | undefined, most: number): number {
  let tokens = most
  for (const name of TOKENS) {
    const asked = body[name] ?? most
    if (!isCount(asked)) refuse(name, 'must be a whole number above 0')
    tokens = Math.min(tokens, asked)
    delete body[name]
  }
  if (!field) return 0
  body[field] = tokens
  return tokens
}

/** What a request may cost. */
export interface Checked {
  readonly body: WireBody
  /** Tokens of the answer, all choices together. */
  readonly tokens: number
}

/**
 * Holds a request to the limits, in a copy. A number of tokens is lowered, as a page cannot know the limit; whatever else is over
 * it is refused, as the page would wait for it in vain.
 *
 * @param tokenField the member that limits an answer of this path, where it is one that costs tokens
 */
export function checkBody(
  json: { readonly [name: string]: unknown },
  limits: RelayLimits,
  tokenField: string | undefined,
  members: readonly string[] | undefined,
): Checked {
  const { maxTokens = 4096, n: mostChoices = 1, allow = [] } = limits
  const body: WireBody = { ...json }
  for (const name of Object.keys(body))
    if (members && !members.includes(name)) refuse(name, 'is not known here')
  refuseCapitals(body, allow)
  refuseReaching(body, allow)
  checkTools(body, limits)
  const { n = 1, stream } = body
  if (n !== null && !isCount(n)) refuse('n', 'must be a whole number above 0')
  const choices = n ?? 1
  if (choices > mostChoices) refuse('n', `must be at most ${mostChoices}`)
  if (stream != null && typeof stream !== 'boolean') refuse('stream', 'must be a boolean')
  return { body, tokens: capTokens(body, tokenField, maxTokens) * choices }
}
