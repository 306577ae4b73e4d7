import { ProtocolError } from '../errors/protocol-error.ts'
import { isObject, type Json } from '../wire/names.ts'
import { checkIndex, MAX_INDEX } from './check-index.ts'
import { isWhole } from './is-whole.ts'
import { mergeFields } from './quirks.ts'
import type { ToolCall, ToolCallDelta } from './types.ts'

/** In characters; services allow 64. */
const MAX_NAME = 1024

/** Re-parsing longer arguments on every piece would be quadratic. */
const MAX_PARSED = 32_768

/** A tool call while its pieces arrive. */
export interface OpenToolCall {
  id?: string | undefined
  index?: number | undefined
  name: string
  /** The arguments of a function, or the input of a custom tool. */
  json: string
  /** Whether the call is of a custom tool, whose input is any text. */
  isCustom: boolean
  /** Whatever else the service sent with it, and beside its name, where that is kept. */
  extras?: Json
  inner?: Json
}

/** Tells whether a call may end here: no arguments at all stand for `{}`. */
export function isCallWhole({ json, isCustom }: OpenToolCall): boolean {
  return isCustom || isWhole(json)
}

/** Whether a call has all of its arguments, so that a name begins another one. */
function isOver({ json, isCustom }: OpenToolCall): boolean {
  return !isCustom && !!json && json.length < MAX_PARSED && isWhole(json)
}

/** Finds the call that a piece goes on with: by its id, else its index, else the latest. Undefined where it begins one. */
function findCall(calls: readonly OpenToolCall[], piece: OpenToolCall): OpenToolCall | undefined {
  const { id, index, name, json } = piece
  // Some services have one id for all calls of an answer: then a name at another index begins one.
  const own = (isSame: (known: OpenToolCall) => unknown) =>
    calls.findLast(known => id && known.id === id && isSame(known))
  const same =
    own(known => known.index === index) ??
    own(known => index === undefined || !name || (name === known.name && !isOver(known)))
  if (same) return same
  const latest = calls.at(-1)
  const near =
    index === undefined ? (id ? undefined : latest) : calls.findLast(known => known.index === index)
  // A piece without a name begins no call: some services change the id, or the index, within one.
  if (!name) return near ?? (id && index !== undefined ? undefined : latest)
  // A name with an id of its own begins one.
  if (!near?.name || (id && near.id)) return near?.name ? undefined : near
  // So does one after whole arguments, or, without index, another name.
  const isOther = name !== near.name
  const isNext = isOver(near) && (isOther || (near.json !== '{}' && json.trim()))
  return isNext || (index === undefined && isOther) ? undefined : near
}

/** What a piece holds of the function, or of the custom tool. */
function innerOf(piece: ToolCallDelta): Json {
  return piece.function || (isObject(piece.custom) ? piece.custom : {})
}

/**
 * Adds a piece to the call that it belongs to. Services differ: some send no index, some use one for several calls, some send an
 * empty id with every piece but the first, some change the id or the index on the way. The reader of streams, the fold and
 * `toolCallStream` all use this one.
 *
 * @returns the call
 * @throws {ProtocolError} for an impossible index, and for too many calls or too long a name
 */
export function addToolCall(calls: OpenToolCall[], piece: ToolCallDelta): OpenToolCall {
  const inner = innerOf(piece)
  const given = inner.arguments ?? inner.input ?? ''
  const part: OpenToolCall = {
    id: piece.id || undefined,
    index: checkIndex(piece.index),
    name: `${inner.name ?? ''}`,
    json: typeof given === 'string' ? given : JSON.stringify(given),
    isCustom: !piece.function && 'input' in inner,
  }
  let call = findCall(calls, part)
  if (!call) {
    if (calls.length >= MAX_INDEX) throw new ProtocolError('Too many tool calls')
    call = { ...part, name: '', json: '' }
    calls.push(call)
  }
  call.id ||= part.id
  call.name ||= part.name
  if (call.name.length > MAX_NAME) throw new ProtocolError("A tool call's name is too long")
  // Bedrock and LiteLLM have sent `{}` before the arguments of Claude.
  if (call.json === '{}' && part.json[0] === '{') call.json = ''
  call.json += part.json
  call.isCustom ||= part.isCustom
  return call
}

const PIECE_FIELDS = ['id', 'index', 'function', 'custom']
const INNER_FIELDS = ['name', 'arguments', 'input']

/** Adds a piece to its call as {@link addToolCall} does, and keeps whatever else the service sent. */
export function foldToolCall(calls: OpenToolCall[], piece: ToolCallDelta): void {
  const call = addToolCall(calls, piece)
  call.extras = mergeFields(call.extras ?? {}, piece as Json, PIECE_FIELDS)
  call.inner = mergeFields(call.inner ?? {}, innerOf(piece), INNER_FIELDS)
}

/**
 * The call as the caller gets it. One without an id gets one that is unique in its message, so that its result can name it.
 *
 * @param ended whether nothing more can come: no arguments stand for `{}` then
 * @throws {ProtocolError} where it has ended without a name
 */
export function toToolCall(call: OpenToolCall, index: number, ended: boolean): ToolCall {
  const { name, json, isCustom, extras, inner, id = `call_${index}` } = call
  if (ended && !name) throw new ProtocolError('A tool call has no name')
  if (isCustom)
    return { ...extras, id, type: 'custom', custom: { ...inner, name, input: json } } as unknown as ToolCall
  const args = json || (ended ? '{}' : '')
  return {
    ...extras,
    type: (extras?.type as string) || 'function',
    id,
    function: { ...inner, name, arguments: args },
  }
}
