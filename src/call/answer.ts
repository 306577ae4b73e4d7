import type { Watcher } from './watcher.ts'

/** What the client has made of a response. */
export interface Answer<T = unknown> {
  readonly data: T
  /** The text of a whole answer, whose body has been read. */
  readonly text?: string
  /** Follows the rest of a stream, whose body the client reads. */
  readonly watch?: (watcher: Watcher) => void
  /** Ends a stream that nobody will read. */
  readonly cancel?: () => void
}

/** By response: extra members on a `Response` would be seen by users, and a frozen one takes none. */
const answers: WeakMap<Response, Answer> = /* @__PURE__ */ new WeakMap()

/** The answer that a response stands for, where it came from this library's client. */
export function answerOf(response: Response): Answer | undefined {
  return answers.get(response)
}

/** Makes a response stand for an answer, and returns it. */
export function setAnswer(response: Response, answer: Answer): Response {
  answers.set(response, answer)
  return response
}

/**
 * A response for a policy that reads: the body of a client's answer has been read, so it is given one more. Made from status
 * and headers, never from the response itself: a reason phrase that is not Latin-1 would throw.
 */
export function readable(response: Response): Response {
  const answer = answers.get(response)
  if (answer?.text === undefined) return response
  const { status, headers } = response
  return setAnswer(new Response(answer.text, { status, headers }), answer)
}
