import { isLLMError } from '../errors/llm-error.ts'
import { Refusal } from './refusal.ts'

/** Words of what is between the service and the account alone: keys, plans, bills. */
const ACCOUNT = /auth|api.?key|permission|quota|billing|balance|spend|credit|fund|organi[sz]ation/i

/** All that a visitor may know of a failure that is not the visitor's. */
const CANNOT = 'The service cannot answer now'

type Json = { readonly [name: string]: unknown }

/** Letters and digits in no order that a word has: a key, or an id. */
const KEY = /(?=[a-z]*\d)[a-z\d]{10}/i

/** A short word of the service's; nothing that speaks of the account. */
function wordOf(value: unknown): string | undefined {
  const word = `${value}`
  return value != null && /^[\w.-]{1,64}$/.test(word) && !ACCOUNT.test(word) && !KEY.test(word)
    ? word
    : undefined
}

/**
 * What a visitor may see of an error that the service tells of in mid stream: its kind, and nothing of its text, which names
 * organisations, plans and keys.
 */
export function cleanError(error: unknown): Json {
  const { type, code, status }: Json = Object(error)
  return {
    message: CANNOT,
    type: wordOf(type) ?? 'server_error',
    code: typeof code === 'number' ? code : (wordOf(code) ?? 'upstream_failed'),
    param: null,
    ...(typeof status === 'number' && { status }),
  }
}

/**
 * Reads what an error answer says, without the values that the service was sent with a request. In any other shape than the
 * usual ones nothing of it is passed on.
 */
function readError(text: string, secrets: readonly string[]): Json {
  try {
    // Parsed first: an escape may stand in the middle of a key.
    const json = JSON.parse(text, (_, value) =>
      typeof value === 'string' ? withoutSecrets(value, secrets) : value,
    )
    return Object(json.error ?? json)
  } catch {
    return {}
  }
}

/** Takes secrets out of a text, and what stands behind the scheme of one; what is short would blot the text. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .flatMap(secret => [secret, ...secret.split(' ')])
    .reduce((rest, secret) => (secret.length > 7 ? rest.replaceAll(secret, '…') : rest), text)
}

/**
 * Makes the visitor's answer of the service's refusal. What is wrong with the request is the visitor's to know, in the service's
 * words; what is wrong with the account is not, and is a 502.
 *
 * @param secrets what the request had of the owner's: the key, headers, members of the query
 */
export function refusalOf({ status, headers }: Response, text: string, secrets: readonly string[]): Refusal {
  const { message, type, code, param } = readError(text, secrets)
  const isOfAccount = /^40[1237]$/.test(`${status}`) || ACCOUNT.test(`${type} ${code}`)
  // A redirect has no status at all in some runtimes.
  if (isOfAccount || status < 400)
    return new Refusal(502, isOfAccount ? 'upstream_auth' : 'upstream_invalid', CANNOT, {
      headers: { 'x-should-retry': 'false' },
    })
  const passed = ['retry-after', 'retry-after-ms', 'x-should-retry'].flatMap(name => {
    const value = headers.get(name)
    return value ? [[name, value]] : []
  })
  const isVisitors = status < 500 && status !== 429 && typeof message === 'string'
  return new Refusal(
    status,
    wordOf(code) ?? 'upstream_failed',
    isVisitors
      ? message.replace(/\b(org|proj|user|sk|pk|key|asst)[-_][\w-]{6,}/g, '…').slice(0, 1000)
      : CANNOT,
    {
      param: isVisitors && typeof param === 'string' ? param : undefined,
      type: wordOf(type),
      headers: Object.fromEntries(passed),
    },
  )
}

/** Makes the visitor's answer of what was thrown where an answer was waited for. */
export function refusalOfThrown(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const { name, phase }: { [name: string]: string } = Object(error)
  if (!isLLMError(error)) return new Refusal(502, 'upstream_unreachable', CANNOT, { name: 'ConnectionError' })
  if (name === 'TimeoutError')
    return new Refusal(504, 'upstream_timeout', 'The service took too long', { name, phase })
  const isBusy = /^(CircuitOpen|QueueFull)/.test(name!)
  return new Refusal(isBusy ? 503 : 502, isBusy ? 'overloaded' : 'upstream_unreachable', CANNOT, {
    name,
    headers: isBusy ? { 'retry-after': '5' } : {},
  })
}
