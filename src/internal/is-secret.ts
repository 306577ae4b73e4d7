/** Whether a header of this name, in lower case, may hold a key or a token. */
export function isSecret(name: string): boolean {
  return /auth|cookie|key|secret|token/.test(name)
}
