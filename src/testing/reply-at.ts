import type { FakeChatRequest, FakeModelOptions, Reply } from './types.ts'

/** Reads the option `reply`, for the answer of this number. `undefined` lets the model answer by itself. */
export function replyAt(
  replies: FakeModelOptions['reply'],
  request: FakeChatRequest,
  index: number,
): Reply | undefined | Promise<Reply | undefined> {
  if (typeof replies === 'function') return replies(request, index)
  return Array.isArray(replies)
    ? replies[Math.min(index, replies.length - 1)]
    : (replies as Reply | undefined)
}
