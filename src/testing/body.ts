import type { Step } from './faults.ts'

interface BodyOptions {
  /** Milliseconds between two texts. */
  chunkDelay: number
  signal: AbortSignal | undefined
  /** The reader gave up before the end. */
  onAbort: () => void
}

/**
 * A body that sends its steps by demand, one a read. Aborting the signal errors it with the signal's reason, as with a
 * real response.
 */
export function createBody(
  steps: Iterator<Step>,
  options: BodyOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { chunkDelay, signal, onAbort } = options
  const encoder = new TextEncoder()
  let next = steps.next()
  let wait = 0
  let over = false
  let wake: (() => void) | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let onSignal: (() => void) | undefined

  function finish(): void {
    over = true
    clearTimeout(timer)
    if (onSignal) signal?.removeEventListener('abort', onSignal)
    wake?.()
  }
  function pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      wake = resolve
      if (ms < Infinity) timer = setTimeout(resolve, ms)
    })
  }
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        onSignal = () => {
          finish()
          onAbort()
          controller.error(signal?.reason)
        }
        if (next.done) {
          finish()
          controller.close()
        } else if (signal?.aborted) onSignal()
        else signal?.addEventListener('abort', onSignal, { once: true })
      },
      async pull(controller) {
        if (wait > 0) await pause(wait)
        if (over || next.done) return
        const step = next.value
        if (step === 'stall') return pause(Infinity)
        if (step === 'reset') {
          finish()
          return controller.error(new TypeError('The fake service broke the connection.'))
        }
        controller.enqueue(step.bytes ?? encoder.encode(step.text))
        wait = chunkDelay
        // Looking ahead lets the end come with the last text, so that a reader who stops there has not given up.
        next = steps.next()
        if (!next.done) return
        finish()
        controller.close()
      },
      cancel() {
        if (over) return
        finish()
        onAbort()
      },
    },
    { highWaterMark: 0 },
  )
}
