/** The header of a relay's stream that says whether it can be read on after a broken line: `1` or `0`. */
export const RESUMABLE_HEADER = 'x-relay-resumable'

/**
 * Ends every stream of a relay's log, so that a reader can tell its end from that of a connection. Event stream parsers skip it.
 */
export const END_MARK = ': end\n\n'
