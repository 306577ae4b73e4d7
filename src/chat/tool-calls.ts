import { ProtocolError } from '../errors/protocol-error.ts'
import { checkIndex, MAX_INDEX } from './check-index.ts'
import { isWhole } from './is-whole.ts'
import { setField } from './set-field.ts'
import type { ToolCall, ToolCallDelta } from './types.ts'

/** In characters; services allow 64. */
const MAX_NAME = 1024

/** What is not a vendor's. */
const FIELDS = new Set(['id', 'index', 'function'])

/** A tool call while its pieces arrive. */
export interface OpenToolCall {
  id: string | undefined
  index: number | undefined
  name: string
  arguments: string
  /** Whatever else the service sent with it; the last value counts. */
  extras: { [key: string]: unknown }
}

/** To parse what there is for each piece of more would take a time that grows with its square. */
const MAX_PARSED = 32_768

/** Whether the call's arguments are whole. */
function isOver({ arguments: json }: OpenToolCall): boolean {
  return !!json && json.length < MAX_PARSED && isWhole(json)
}

/**
 * Adds a piece to the call that it belongs to, which is told by its id, else its index, else it is the latest. Services differ:
 * some send no index, some use one for several calls, some send an empty id with every piece but the first.
 */
export function addToolCall(calls: OpenToolCall[], piece: ToolCallDelta): OpenToolCall {
  const { id } = piece
  const index = checkIndex(piece.index)
  const { name, arguments: json } = piece.function ?? {}
  const latest = calls.at(-1)
  let call = id
    ? (calls.find(known => known.id === id) ??
      calls.find(known => !known.id && index !== undefined && known.index === index))
    : index === undefined
      ? // Without either, a second name begins a second call, and so does the same name once the arguments are whole.
        name && latest?.name && (name !== latest.name || isOver(latest))
        ? undefined
        : latest
      : calls.findLast(known => known.index === index)
  if (!call) {
    if (calls.length >= MAX_INDEX) throw new ProtocolError('Too many tool calls')
    call = { id: undefined, index, name: '', arguments: '', extras: {} }
    calls.push(call)
  }
  call.id ||= id || undefined
  call.name ||= name ?? ''
  if (call.name.length > MAX_NAME) throw new ProtocolError("A tool call's name is too long")
  call.arguments += typeof json === 'string' ? json : json == null ? '' : JSON.stringify(json)
  for (const key of Object.keys(piece)) if (!FIELDS.has(key)) setField(call.extras, key, piece[key])
  return call
}

/**
 * The call as the caller gets it. One without an id gets one that is unique in its message, so that its result can name it.
 *
 * @param ended whether nothing more can come: no arguments stand for `{}` then
 * @throws {ProtocolError} where it has ended without a name
 */
export function toToolCall(
  { id, name, arguments: json, extras }: OpenToolCall,
  place: number,
  ended: boolean,
): ToolCall {
  if (ended && !name) throw new ProtocolError('A tool call has no name')
  const args = json || (ended ? '{}' : '')
  return { type: 'function', ...extras, id: id ?? `call_${place}`, function: { name, arguments: args } }
}
