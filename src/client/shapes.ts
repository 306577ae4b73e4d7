/** A text of which some values are known: these complete in an editor, and any other is taken. */
export type Open<T extends string> = T | (string & {})

/**
 * What every request takes besides the names that are listed: those of the wire, in snake_case. A misspelt name in camelCase is a
 * compile error, and a parameter that is newer than these types can be sent.
 */
export interface WireNames {
  readonly [name: `${string}_${string}`]: unknown
}

/** What a part of a request takes besides the names that are listed: any in lower case, as a service's own are. */
export interface LowerCaseNames {
  readonly [name: Lowercase<string>]: unknown
}

/** Options of a call, which do not belong into its request. */
export interface NoOptions {
  /** Goes after the request: `createChatCompletion(client, request, { signal })`. */
  readonly signal?: never
  /** Goes after the request: `createChatCompletion(client, request, { timeout: 30_000 })`. */
  readonly timeout?: never
  /** Goes after the request: `createChatCompletion(client, request, { headers })`. In the body it would be read by the service. */
  readonly headers?: never
  /** Goes after the request: `createChatCompletion(client, request, { maxRetries: 0 })`. */
  readonly maxRetries?: never
  /** Goes after the request: `createChatCompletion(client, request, { idempotencyKey })`. */
  readonly idempotencyKey?: never
  /** Goes after the request: `createChatCompletion(client, request, { extraBody })`. */
  readonly extraBody?: never
}

declare const camelCaseOnly: unique symbol

/** The type of a name in snake_case on an answer, where all names are in camelCase: whatever is done with it is a compile error. */
interface AnswersAreInCamelCase {
  readonly [camelCaseOnly]: never
}

/**
 * What every answer may have besides the names that are listed: a service's own members, in camelCase. Of a symbol, TypeScript
 * refuses `+` and templates too.
 */
export interface VendorFields {
  readonly [name: `${string}_${string}`]: symbol & AnswersAreInCamelCase
  readonly [name: string]: unknown
}

/**
 * A `type` that these definitions do not list. At run time it is any text. Here it has a form that no listed type has, or a
 * comparison would not tell the shapes of a union apart: compare it as `(event.type as string) === 'vendor.thing'`.
 */
export type OtherType = `${string} (a type that is not listed)`

/** A shape of a `type` that these definitions do not list: newer than they are, or a service's own. */
export interface Other {
  readonly type: OtherType
  readonly [name: string]: unknown
}

/** A file to upload. Services often look at its name: only a `File` has one, see `toFile`. */
export type FileInput = Blob | ArrayBuffer | ArrayBufferView
