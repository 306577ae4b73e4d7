import type { ChatCompletion } from '../chat/types.ts'

/** What has cut the first choice of an answer that is not whole. */
export function cutReason(completion: ChatCompletion | undefined): 'length' | 'filter' | undefined {
  const reason = completion?.choices[0]?.finishReason
  return reason === 'length' ? 'length' : reason === 'content_filter' ? 'filter' : undefined
}
