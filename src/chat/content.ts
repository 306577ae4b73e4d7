/** What a message's or delta's content says: services send a string, null, or a list of parts, thinking among them. */
export function readContent(content: unknown): { text: string; reasoning: string } {
  if (typeof content === 'string') return { text: content, reasoning: '' }
  let text = ''
  let reasoning = ''
  for (const part of Array.isArray(content) ? content : []) {
    if (part?.type === 'thinking') {
      const { thinking } = part
      reasoning += typeof thinking === 'string' ? thinking : readContent(thinking).text
    } else if (typeof part?.text === 'string') text += part.text
  }
  return { text, reasoning }
}
