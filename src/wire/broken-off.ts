/** The reasons by which a service says that it broke off. Any other, `length` and words unknown here too, is an end. */
const BROKEN_OFF = /^(error|abort(ed)?|cancell?ed|timeout|network_error|insufficient_system_resource)$/i

/** What a choice tells of a failure, as the body of an error; undefined where it tells of none. */
export function brokenOff(choice: object): object | undefined {
  const { error, finishReason: code } = choice as { error?: unknown; finishReason?: unknown }
  if (error) return { error }
  if (BROKEN_OFF.test(code as string))
    return { error: { type: 'server_error', code, message: `The service broke off: ${code}` } }
  return undefined
}
