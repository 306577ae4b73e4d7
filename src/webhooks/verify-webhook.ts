import { ConfigurationError } from '../errors/configuration-error.ts'
import { validationError } from '../errors/validation-error.ts'
import { parseJson } from '../wire/json.ts'
import { fromWire } from '../wire/names.ts'
import type { WebhookEvent } from './types.ts'

/** A request as a server has it that knows no `Request`: the body as it came, not parsed, and its headers in any case. */
export interface WebhookRequest {
  readonly body: string | BufferSource
  readonly headers: Headers | { readonly [name: string]: string | readonly string[] | undefined }
}

/** The headers of a webhook, as Standard Webhooks names them. */
const NAMES = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const

function refuse(path: string, message: string): never {
  throw validationError([{ path, message }])
}

function headerOf({ headers }: Pick<WebhookRequest, 'headers'>, name: string): string {
  const entries = headers instanceof Headers ? [...headers] : Object.entries(headers)
  const value = entries.find(([key]) => key.toLowerCase() === name)?.[1]
  return `${value ?? ''}` || refuse(name, 'is missing')
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), char => char.charCodeAt(0))
  } catch {
    return undefined
  }
}

function keyOf(secret: string): Promise<CryptoKey> {
  const own = /^whsec_(.*)$/.exec(secret)?.[1]
  const bytes = own === undefined ? new TextEncoder().encode(secret) : fromBase64(own)
  if (!bytes?.length)
    throw new ConfigurationError('A secret of a webhook is empty, or not what it was given out as')
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

/** Joins what is signed: the id, the time and the body as its bytes came. */
function signedBytes(id: string, time: string, body: BufferSource | string): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder()
  const head = encoder.encode(`${id}.${time}.`)
  const given = typeof body === 'string' ? encoder.encode(body) : body
  const bytes = ArrayBuffer.isView(given)
    ? new Uint8Array(given.buffer as ArrayBuffer, given.byteOffset, given.byteLength)
    : new Uint8Array(given)
  const all = new Uint8Array(head.length + bytes.length)
  all.set(head)
  all.set(bytes, head.length)
  return all
}

/** Whether one of the secrets made one of the signatures. `verify` takes the same time whatever the difference is. */
async function matches(
  signatures: string,
  secrets: readonly string[],
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const given = signatures
    .split(' ')
    .flatMap(each => (each.startsWith('v1,') ? [fromBase64(each.slice(3))] : []))
  let isMatch = false
  // Several are sent while a secret is being changed; nobody sends a hundred.
  for (const key of await Promise.all(secrets.map(keyOf)))
    for (const signature of given.slice(0, 10))
      if (signature && (await crypto.subtle.verify('HMAC', key, signature, signed))) isMatch = true
  return isMatch
}

/**
 * Checks that a webhook comes from the service, and gives its event: with names in camelCase, told apart by its `type`.
 *
 * @param request a `Request`, whose body is read, or what another server has of it: the body as it came, and the headers
 * @param secret the one that the webhook was made with, or several while it is being changed
 * @param options.tolerance how old it may be, or how far ahead, in milliseconds; what is older may have been recorded and sent
 *   again. @default 300_000
 * @throws {ValidationError} for one that was not signed with the secret, or is too old: answer it with status 400
 * @throws {ConfigurationError} for a secret that is none
 * @see https://www.standardwebhooks.com
 * @example
 * const event = await verifyWebhook(request, env.OPENAI_WEBHOOK_SECRET)
 * if (event.type === 'response.completed') await store(event.data.id)
 */
export async function verifyWebhook(
  request: Request | WebhookRequest,
  secret: string | readonly string[],
  { tolerance = 300_000 }: { readonly tolerance?: number | undefined } = {},
): Promise<WebhookEvent> {
  const [id, time, signatures] = NAMES.map(name => headerOf(request, name)) as [string, string, string]
  const body = 'arrayBuffer' in request ? await request.arrayBuffer() : request.body
  if (typeof body !== 'string' && !(body instanceof ArrayBuffer || ArrayBuffer.isView(body)))
    refuse('body', 'must be the text or the bytes that came: parsed JSON cannot be checked')
  const secrets = [secret].flat()
  if (!secrets.length || secrets.some(each => typeof each !== 'string'))
    throw new ConfigurationError('verifyWebhook needs the secret of the webhook')
  const signed = signedBytes(id, time, body)
  if (!(await matches(signatures, secrets, signed)))
    refuse('webhook-signature', 'matches none of the secrets')
  // Also where it is no number at all.
  if (!(Math.abs(Date.now() - Number(time) * 1000) <= tolerance))
    refuse('webhook-timestamp', `must be within ${tolerance} ms of now`)
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
  return fromWire(parseJson(text, () => 'The webhook')) as WebhookEvent
}
