import { ProtocolError } from '../errors/protocol-error.ts'
import { isObject, type Json, setMember } from '../wire/names.ts'
import { checkIndex, MAX_INDEX } from './check-index.ts'
import { isWhole } from './is-whole.ts'
import type { ToolCall, ToolCallDelta } from './types.ts'

/** In characters; services allow 64. */
const MAX_NAME = 1024

/** Re-parsing longer arguments on every piece would be quadratic. */
const MAX_PARSED = 32_768

/** A tool call while its pieces arrive. */
export interface OpenToolCall {
  id: string | undefined
  index: number | undefined
  name: string
  /** The arguments of a function, or the input of a custom tool. */
  arguments: string
  /** Whether the call is of a custom tool, whose input is any text. */
  isCustom: boolean
  /** Whatever else the service sent with it; the last value that is not empty counts. */
  readonly extras: Json
  /** The same for what stands beside its name. */
  readonly inner: Json
}

/** Tells whether a call that is under way has come to its end: its arguments are whole JSON. None at all are not. */
function isOver({ arguments: json, isCustom }: OpenToolCall): boolean {
  return !isCustom && !!json && json.length < MAX_PARSED && isWhole(json)
}

/** Tells whether a call may end here: no arguments at all stand for `{}`. */
export function isCallWhole({ arguments: json, isCustom }: OpenToolCall): boolean {
  return isCustom || isWhole(json)
}

/** Finds the call that a piece goes on with: by its id, else its index, else the latest. */
function findCall(
  calls: readonly OpenToolCall[],
  id: string | undefined,
  index: number | undefined,
  name: string | undefined,
  json: string,
): OpenToolCall | undefined {
  const same = id ? calls.find(known => known.id === id) : undefined
  if (same) return same
  const latest = calls.at(-1)
  const near = index === undefined ? (id ? undefined : latest) : calls.findLast(known => known.index === index)
  // A piece without a name begins no call: some services change the id, or the index, within one.
  if (!name) return near ?? (id && index !== undefined ? undefined : latest)
  if (!near) return undefined
  // A name with an id of its own begins a call; so does one after whole arguments, or, without index, another name.
  if (id && near.id) return undefined
  if (!near.name) return near
  if (isOver(near) && (json || name !== near.name)) return undefined
  return index === undefined && name !== near.name ? undefined : near
}

/** Takes over what a vendor added; an empty value never replaces one, nor begins a type. */
function addExtras(target: Json, piece: object, known: readonly string[]): void {
  for (const [key, value] of Object.entries(piece)) {
    if (known.includes(key)) continue
    const isEmpty = value == null || value === ''
    if (!isEmpty || (key !== 'type' && !(key in target))) setMember(target, key, value)
  }
}

const PIECE = ['id', 'index', 'function', 'custom']
const FUNCTION = ['name', 'arguments']

/**
 * Adds a piece to the call that it belongs to. Services differ: some send no index, some use one for several calls, some send an
 * empty id with every piece but the first, some change the id or the index on the way. The reader of streams, the fold and
 * `toolCallStream` all use this one.
 *
 * @throws {ProtocolError} for an impossible index, and for too many calls or too long a name
 */
export function addToolCall(calls: OpenToolCall[], piece: ToolCallDelta): OpenToolCall {
  const index = checkIndex(piece.index)
  const custom = isObject(piece.custom) ? piece.custom : {}
  const inner: Json = piece.function ?? {}
  const id = piece.id || undefined
  const name = (inner.name ?? custom.name) as string | undefined
  const given = inner.arguments ?? custom.input
  const json = typeof given === 'string' ? given : given == null ? '' : JSON.stringify(given)
  let call = findCall(calls, id, index, name, json)
  if (!call) {
    if (calls.length >= MAX_INDEX) throw new ProtocolError('Too many tool calls')
    call = { id, index, name: '', arguments: '', isCustom: false, extras: {}, inner: {} }
    calls.push(call)
  }
  call.id ||= id
  call.name ||= name ?? ''
  if (call.name.length > MAX_NAME) throw new ProtocolError("A tool call's name is too long")
  call.arguments += json
  call.isCustom ||= !piece.function && typeof (custom.name ?? custom.input) === 'string'
  addExtras(call.extras, piece, PIECE)
  addExtras(call.inner, inner, FUNCTION)
  return call
}

/**
 * The call as the caller gets it. One without an id gets one that is unique in its message, so that its result can name it.
 *
 * @param ended whether nothing more can come: no arguments stand for `{}` then
 * @throws {ProtocolError} where it has ended without a name
 */
export function toToolCall(call: OpenToolCall, index: number, ended: boolean): ToolCall {
  const { name, arguments: json, isCustom, extras, inner } = call
  if (ended && !name) throw new ProtocolError('A tool call has no name')
  const id = call.id ?? `call_${index}`
  if (isCustom) return { ...extras, id, type: 'custom', custom: { ...inner, name, input: json } } as unknown as ToolCall
  const args = json || (ended ? '{}' : '')
  return { type: 'function', ...extras, id, function: { ...inner, name, arguments: args } }
}
