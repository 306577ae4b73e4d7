/** How texts of users are recorded. */
export interface ContentOptions {
  /** How many characters of text one attribute may hold. @default 8192 */
  readonly maxChars?: number | undefined
  /** Changes each text before it is recorded: takes out what must not be stored. What it throws drops the attribute. */
  readonly redact?: ((text: string) => string) | undefined
}

/** Makes what shortens the texts of one attribute to a length that they share. */
export function limitText({ maxChars = 8192, redact = String }: ContentOptions): (text: string) => string {
  let left = maxChars
  return text => {
    const kept = redact(text).slice(0, left)
    left -= kept.length
    return kept
  }
}
