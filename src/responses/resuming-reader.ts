import { linked, sleep } from '../call/signals.ts'
import type { CallEnd, Watcher } from '../call/watcher.ts'
import { isLLMError, type LLMError } from '../errors/llm-error.ts'
import type { EventReader } from '../stream/sse-reader.ts'
import { LAST } from './rules.ts'
import type { ResponseEvent } from './types.ts'

/** How far a stream has come. */
export interface Progress {
  /** The response's. */
  readonly id?: string | undefined
  /** The number of the latest event. */
  readonly after?: number | undefined
}

/** Asks for the events of a response that are still to come. */
type Reopen = (progress: Progress, signal: AbortSignal) => Promise<EventReader<ResponseEvent>>

/** How often in a row the rest is asked for, and none comes. */
const MAX_TRIES = 5

/** Whether the connection broke, and the response may go on without it. */
function isBroken(error: unknown): boolean {
  const { name, phase } = Object(error) as { readonly name?: string; readonly phase?: string }
  return isLLMError(error) && /^(IncompleteStream|Connection|Timeout)Error$/.test(name!) && phase !== 'total'
}

/**
 * Follows how far a stream has come, notes it on what is thrown, and, where it may, goes on after a broken connection. Each event
 * is handed out once, even by a service that sends all of them again.
 *
 * @param start what is known of the stream before its first event
 * @param reopen asks for the rest; left out, a broken stream is an error
 */
export function resumingReader(
  first: EventReader<ResponseEvent>,
  start: Progress,
  signal: AbortSignal,
  reopen: Reopen | undefined,
): EventReader<ResponseEvent> {
  const { controller, unlink } = linked(signal)
  const watchers: Watcher[] = []
  let { id, after } = start
  /** The number of the last event before the latest request: some services number no events, or all alike. */
  let seen = after
  let reader = first
  let partial: unknown
  let tries = 0
  /** What `take` met, which cannot wait for the rest to be asked for. */
  let broken: { readonly error: unknown } | undefined
  let end: CallEnd | undefined

  function tellEnd(how: CallEnd): void {
    if (end) return
    end = how
    unlink()
    for (const watcher of watchers) watcher.end?.(how)
  }

  /** Notes an event. Returns whether it is one that had come before. */
  function isOld(event: ResponseEvent): boolean {
    const { sequenceNumber, response } = event as {
      readonly sequenceNumber?: unknown
      readonly response?: unknown
    }
    const number = typeof sequenceNumber === 'number' ? sequenceNumber : undefined
    const isLast = LAST.includes(event.type)
    if (number !== undefined && seen !== undefined && number <= seen && !isLast) return true
    after = number ?? after
    partial = response ?? partial
    id ??= Object(response).id
    tries = 0
    return false
  }

  function fail(error: unknown): unknown {
    if (isLLMError(error) && error.partial === undefined) error.partial = partial
    if (isBroken(error) && after !== undefined) Object.assign(error as LLMError, { resumeAfter: after })
    tellEnd({ error })
    return error
  }

  const mayResume = (error: unknown) =>
    reopen && id && tries < MAX_TRIES && isBroken(error) && !signal.aborted && !end

  /** Asks for the rest: at once the first time, as most connections break while the service is well. */
  async function resume(): Promise<EventReader<ResponseEvent>> {
    if (tries++) await sleep(250 * 2 ** tries, controller.signal)
    return reopen!({ id, after }, controller.signal)
  }

  async function next(): Promise<IteratorResult<ResponseEvent, undefined>> {
    for (;;)
      try {
        // What broke was met by `take`, or once more while the rest was asked for.
        if (broken) throw broken.error
        const result = await reader.next()
        if (result.done) tellEnd({})
        else if (isOld(result.value)) continue
        return result
      } catch (error) {
        if (!mayResume(error)) throw fail(error)
        broken = undefined
        await resume().then(
          resumed => {
            reader = resumed
            seen = after
          },
          failure => {
            broken = { error: failure }
          },
        )
      }
  }

  return {
    next,
    take() {
      if (broken) return undefined
      try {
        let value = reader.take()
        while (value && isOld(value)) value = reader.take()
        return value
      } catch (error) {
        if (!mayResume(error)) throw fail(error)
        broken = { error }
        return undefined
      }
    },
    cancel() {
      tellEnd({ cancelled: true })
      controller.abort()
      reader.cancel()
    },
    watch(watcher) {
      if (end) watcher.end?.(end)
      else watchers.push(watcher)
    },
  }
}
