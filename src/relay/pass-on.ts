import type { Meter } from './meter.ts'
import { readBlocks } from './read-blocks.ts'
import { brokenOff, errorEvent, Refusal, wishIn } from './refusal.ts'
import type { RelayOutcome } from './types.ts'
import type { UpstreamRequest } from './upstream.ts'

/** A stream of the service as it is passed on. */
export interface Passing {
  /** The blocks, some at a time. It never throws: what went wrong is the last of them. */
  readonly blocks: AsyncGenerator<readonly string[], undefined>
  /** How it ended, once it has. */
  readonly outcome: () => RelayOutcome
}

/** The most events that an answer may have, where the quota is held in mid stream too. */
function refuseMore(): never {
  throw new Refusal(429, 'tokens_used_up', 'The answer took more tokens than were left')
}

/** Passes a stream on and follows it. A stream that ends without having come to its end is told as cut: a proxy makes a clean end of a reset. */
export function passOn(
  body: ReadableStream<Uint8Array>,
  { wait, abort }: UpstreamRequest,
  meter: Meter,
  maxEvents: number,
): Passing {
  let outcome: RelayOutcome = 'failed'
  async function* blocks(): AsyncGenerator<readonly string[], undefined> {
    try {
      for await (const read of readBlocks(body, wait)) {
        const passed = read.map(meter.take).filter(block => block !== undefined)
        if (passed.length) yield passed
        if (meter.events > maxEvents) refuseMore()
      }
      if (meter.hasFailed) return
      if (!meter.isWhole) throw brokenOff('upstream_cut', 'The service broke off')
      outcome = 'complete'
    } catch (error) {
      outcome = wishIn(error) ?? outcome
      yield [errorEvent(error)]
    } finally {
      // Cancelling a body frees its connection late on some runtimes.
      abort()
    }
  }
  return { blocks: blocks(), outcome: () => outcome }
}
