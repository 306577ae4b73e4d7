import type { Meter } from './meter.ts'
import { readBlocks } from './read-blocks.ts'
import { errorEvent, incomplete, Refusal, wishIn } from './refusal.ts'
import type { RelayOutcome } from './types.ts'
import type { UpstreamRequest } from './upstream.ts'

/** What the answer to one request is made with. */
export interface Answering {
  readonly upstream: UpstreamRequest
  readonly meter: Meter
  readonly response: Response
  /** Closes the books. */
  readonly close: (outcome: RelayOutcome) => Promise<void>
  /** How many events a stream may have; any number where undefined. */
  readonly maxEvents: number | undefined
}

/** A stream of the service as it is passed on. */
export interface Passing {
  /** The blocks, some at a time. It never throws: what went wrong is the last of them. */
  readonly blocks: AsyncGenerator<readonly string[], undefined>
  /** How it ended, once it has. */
  readonly outcome: () => RelayOutcome
}

/** Passes a stream on and follows it. A stream that ends without having come to its end is told as cut: a proxy makes a clean end of a reset. */
export function passOn({ response, upstream, meter, maxEvents }: Answering): Passing {
  let outcome: RelayOutcome = 'failed'
  async function* blocks(): AsyncGenerator<readonly string[], undefined> {
    try {
      for await (const read of readBlocks(response.body!, upstream.wait)) {
        const passed = read.map(meter.take).filter(block => block !== undefined)
        if (passed.length) yield passed
        if (maxEvents !== undefined && meter.events > maxEvents)
          throw new Refusal(429, 'tokens_used_up', 'The answer took more tokens than were left')
      }
      if (meter.hasFailed) return
      if (!meter.isWhole) throw incomplete('upstream_cut', 'The service broke off')
      outcome = 'complete'
    } catch (error) {
      outcome = wishIn(error) ?? outcome
      yield [errorEvent(error)]
    } finally {
      // Cancelling a body frees its connection late on some runtimes.
      upstream.abort()
    }
  }
  return { blocks: blocks(), outcome: () => outcome }
}
