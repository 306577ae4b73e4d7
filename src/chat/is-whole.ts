/** Whether a tool call's arguments are whole. None at all stand for `{}`. */
export function isWhole(json: string): boolean {
  try {
    JSON.parse(json || '{}')
    return true
  } catch {
    return false
  }
}
