/**
 * Reads a stream of chat completion chunks to its end, or until `onText` returns false. `finishKey` is the name that the
 * client gives to the finish reason.
 */
export async function readChunks(chunks, finishKey, onText) {
  let text = ''
  let finish
  for await (const chunk of chunks) {
    const choice = chunk.choices[0]
    const piece = choice?.delta.content ?? ''
    text += piece
    finish = choice?.[finishKey] ?? finish
    if (piece && onText && (await onText(piece)) === false) break
  }
  return { text, finish }
}

/** Tool calls in one form, so that clients which parse the arguments compare with those that do not. */
export function plainCalls(calls) {
  return calls.map(({ name, input }) => ({
    name,
    input: typeof input === 'string' ? JSON.parse(input || '{}') : input,
  }))
}

/** {@link plainCalls} of the tool calls of a message. */
export function callsOf(toolCalls = []) {
  return plainCalls(toolCalls.map(call => ({ name: call.function.name, input: call.function.arguments })))
}
