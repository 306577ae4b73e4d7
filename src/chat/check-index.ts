import { ProtocolError } from '../errors/protocol-error.ts'

/** The largest index of a choice or a tool call that is taken for one, plus one; and how many there may be. */
export const MAX_INDEX = 128

/**
 * The place in `choices` or `toolCalls` that an answer names.
 *
 * @throws {ProtocolError} unless it is a small non-negative integer, or missing
 */
export function checkIndex(index: unknown): number | undefined {
  if (index == null) return undefined
  if (Number.isInteger(index) && (index as number) >= 0 && (index as number) < MAX_INDEX)
    return index as number
  throw new ProtocolError('An index is not a small non-negative integer')
}
