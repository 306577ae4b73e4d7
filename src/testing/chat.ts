import { type Choice, choose } from './choice.ts'
import { hashId } from './hash.ts'
import type { JsonObject } from './json.ts'
import type { FakeChatRequest, Reply } from './types.ts'
import { usageOf } from './usage.ts'

/** A whole answer, from which both the JSON and the stream are written. */
export interface Completion {
  id: string
  model: string
  choices: Choice[]
  usage: JsonObject
  /** How many alternatives each token's `logprobs` have; `undefined` when there are to be none. */
  topLogprobs: number | undefined
}

/** Answers a request that has been checked. Streamed or not, the same request gets the same answer. */
export function complete(request: FakeChatRequest, reply: Reply | undefined): Completion {
  const { stream: _, stream_options: __, ...asked } = request
  const id = hashId(JSON.stringify(asked), 24)
  const choices = Array.from({ length: Number(request.n ?? 1) }, (_, index) =>
    choose(request, index, `${id} ${index}`, reply),
  )
  return {
    id: `chatcmpl-${id}`,
    model: request.model,
    choices,
    usage: usageOf(request, choices, typeof reply === 'object' ? reply.usage : undefined),
    topLogprobs: request.logprobs === true ? Number(request.top_logprobs ?? 0) : undefined,
  }
}
