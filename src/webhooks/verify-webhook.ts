import { refuse } from '../errors/validation-error.ts'
import { parseJson } from '../wire/json.ts'
import { fromWire } from '../wire/names.ts'
import { misconfigured } from '../wire/service.ts'
import type { WebhookEvent } from './types.ts'

/** What a server without `Request` has of one: the body as it came, not parsed, and the headers, named in any case. */
export interface WebhookRequest {
  readonly body: string | ArrayBuffer | ArrayBufferView
  readonly headers:
    | Headers
    | Iterable<readonly [name: string, value: string]>
    | { readonly [name: string]: string | readonly string[] | undefined }
}

function headerOf({ headers }: Pick<WebhookRequest, 'headers'>, name: string): string {
  // Any class of `Headers` will do: another library's has no entries of its own.
  const entries = Symbol.iterator in headers ? [...headers] : Object.entries(headers)
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

function keyOf(given: string): Promise<CryptoKey> {
  // Read from a file, it ends in a line break.
  const secret = given.trim()
  const [, own] = /^whsec_(.*)$/.exec(secret) ?? []
  const bytes = own === undefined ? new TextEncoder().encode(secret) : fromBase64(own)
  if (!bytes?.length) misconfigured('A secret of a webhook is empty, or not as it was given out')
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

/** Whether one of the secrets made one of the signatures. `verify` takes the same time whatever the difference is. */
async function isSigned(
  signatures: string,
  secrets: readonly string[],
  signed: ArrayBuffer,
): Promise<boolean> {
  let isMatch = false
  // Several are sent while a secret is being changed; nobody sends a hundred.
  for (const key of await Promise.all(secrets.map(keyOf)))
    for (const each of signatures.split(' ', 10)) {
      const signature = each.startsWith('v1,') && fromBase64(each.slice(3))
      if (signature && (await crypto.subtle.verify('HMAC', key, signature, signed))) isMatch = true
    }
  return isMatch
}

/**
 * Checks that a webhook comes from the service, and gives its event: with names in camelCase, told apart by its `type`.
 * @param request a `Request`, whose body is read, or `{ body, headers }` of another kind of server: the body as it came, not parsed
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
  const id = headerOf(request, 'webhook-id')
  const time = headerOf(request, 'webhook-timestamp')
  const signatures = headerOf(request, 'webhook-signature')
  const body = ('blob' in request ? await request.blob() : request.body) as BlobPart
  if (Object(body).constructor === Object)
    refuse('body', 'must be the text or the bytes that came, not parsed')
  const secrets = [secret].flat()
  if (!secrets.every(Boolean) || !secrets.length) misconfigured('verifyWebhook needs a secret')
  // A blob joins texts and bytes.
  const signed = await new Blob([`${id}.${time}.`, body]).arrayBuffer()
  if (!(await isSigned(signatures, secrets, signed)))
    refuse('webhook-signature', 'matches none of the secrets')
  // Also where it is no number at all.
  if (!(Math.abs(Date.now() - Number(time) * 1000) <= tolerance))
    refuse('webhook-timestamp', `must be within ${tolerance} ms of now`)
  return fromWire(parseJson(await new Blob([body]).text(), () => 'The webhook')) as WebhookEvent
}
