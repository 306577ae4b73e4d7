/**
 * The reasons by which a service says that it broke off: Portkey names the error of the service behind it, `overloaded_error`.
 * Any other, `length` and words unknown here too, is an end.
 */
export const BROKEN_OFF: RegExp = /^(\w*error|abort(ed)?|cancell?ed|timeout|insufficient_\w+)$/i

/** What a choice tells of a failure, as the body of an error; undefined where it tells of none. */
export function brokenOff(choice: object): object | undefined {
  const { error, finishReason: code } = choice as { error?: unknown; finishReason?: unknown }
  if (error) return { error }
  if (BROKEN_OFF.test(code as string))
    return { error: { type: 'server_error', code, message: `The service broke off: ${code}` } }
  return undefined
}
