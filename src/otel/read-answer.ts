/** What an answer, or the events of a stream, tell of themselves: no text of the model. */
export interface AnswerReader {
  add(value: unknown): void
  result(): {
    readonly id: string | undefined
    readonly model: string | undefined
    /** Why each choice ended, in their order; `error` for one that has begun and did not end. */
    readonly reasons: string[]
  }
}

/**
 * Reads values of any endpoint.
 *
 * @param scrub replaces the call's secrets in a text
 */
export function createAnswerReader(scrub: (text: string) => string): AnswerReader {
  const reasons: { [index: string]: unknown } = {}
  let id: unknown
  let model: unknown
  /** A text of any other form could repeat the prompt. */
  const word = (value: unknown): string | undefined =>
    typeof value === 'string' ? /^[\w./:@+-]{1,200}$/.exec(scrub(value))?.[0] : undefined

  return {
    // It runs for each event of a stream.
    // biome-ignore lint/suspicious/noExplicitAny: the value of any endpoint
    add(value: any) {
      try {
        // The Responses API tells of a response as a whole in some of its events.
        const answer = value.response ?? value
        id ??= answer.id
        model ??= answer.model
        if (value.choices)
          for (const { index, finishReason } of value.choices) reasons[index] = finishReason || reasons[index]
        else if (answer.object === 'response')
          reasons[0] = answer.incompleteDetails?.reason ?? (answer.status === 'completed' && 'stop')
      } catch {
        // An endpoint of the user's own may give anything.
      }
    },
    result: () => ({
      id: word(id),
      model: word(model),
      reasons: Object.values(reasons).map(reason => word(reason) ?? 'error'),
    }),
  }
}
