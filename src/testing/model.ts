import { answer } from './answer.ts'
import { createBody } from './body.ts'
import { applyFault, bodySteps, faultFor, isLost, replacement } from './faults.ts'
import { type Answer, jsonAnswer } from './parts.ts'
import { pause, untilAborted } from './pause.ts'
import { replyAt } from './reply-at.ts'
import { ServiceError } from './service-error.ts'
import type { FakeChatRequest, FakeModelOptions, FakeRequest, Fault } from './types.ts'

/** What goes back to the client. */
export interface Exchange {
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null
}

/** The model behind both the in-process `fetch` and the server. */
export interface Model {
  requests: FakeRequest[]
  /**
   * Records the request and answers it. Rejects with {@link ConnectionBroken} where a fault asks for no answer at all, with the
   * signal's reason when it is aborted before the headers, and with whatever the user's own functions throw.
   */
  exchange: (request: FakeRequest, signal?: AbortSignal) => Promise<Exchange>
  reset: () => void
}

/** What `fetch` throws when there is no response: a `TypeError`. */
export class ConnectionBroken extends TypeError {
  constructor() {
    super('The fake service broke the connection.')
  }
}

const RATE_LIMIT = 10_000

export function createModel(options: FakeModelOptions): Model {
  const requests: FakeRequest[] = []
  const stored = new Map<string, unknown>()
  let replies = 0

  async function decide(request: FakeRequest, index: number): Promise<[Fault, Answer]> {
    try {
      const fault = faultFor(options, request, index)
      const instead = replacement(fault)
      if (instead) return [fault, instead]
      const reply = async (chat: FakeChatRequest) => {
        // A client that got nothing of a reply asks again, and must find the same one.
        return replyAt(options.reply, chat, isLost(fault, chat.stream === true) ? replies : replies++)
      }
      const healthy = await answer(request, options, reply, stored)
      return [fault, applyFault(healthy, fault)]
    } catch (error) {
      if (error instanceof ServiceError) return [{}, jsonAnswer(error.status, error.body)]
      throw error
    }
  }

  async function exchange(request: FakeRequest, signal?: AbortSignal): Promise<Exchange> {
    const index = requests.push(request) - 1
    const onAbort = (): void => {
      request.aborted = true
    }
    try {
      const [fault, result] = await untilAborted(decide(request, index), signal)
      if (fault.delay !== undefined && fault.delay > 0) await pause(fault.delay, signal)
      if (fault.stall === 'headers') await pause(Infinity, signal)
      if (fault.reset === 'headers') throw new ConnectionBroken()
      const bodyOptions = { chunkDelay: options.chunkDelay ?? 0, signal, onAbort }
      const { status } = result
      const body = [204, 205, 304].includes(status) ? null : createBody(bodySteps(result, fault), bodyOptions)
      return { status, headers: headersFor(result, fault, index), body }
    } catch (error) {
      if (signal?.aborted) onAbort()
      throw error
    }
  }

  function reset(): void {
    requests.length = 0
    replies = 0
    stored.clear()
  }
  return { requests, exchange, reset }
}

function headersFor(answer: Answer, fault: Fault, index: number): Record<string, string> {
  const added = Object.entries(fault.headers ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    String(value),
  ])
  return {
    ...answer.headers,
    'x-request-id': `req_fake_${index + 1}`,
    'x-ratelimit-limit-requests': String(RATE_LIMIT),
    'x-ratelimit-remaining-requests': String(Math.max(0, RATE_LIMIT - 1 - index)),
    'x-ratelimit-reset-requests': '6ms',
    ...Object.fromEntries(added),
  }
}
