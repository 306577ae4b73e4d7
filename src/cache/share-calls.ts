import { isWorker } from '../call/is-worker.ts'
import type { FetchInit, PolicyRequest } from '../call/policy.ts'
import { abortWith, onAbort, reasonOf } from '../call/signals.ts'
import type { Watcher } from '../call/watcher.ts'

/** One caller's part in a shared call. */
export interface Share<T> {
  readonly result: Promise<T>
  /** Whether the call began with this caller. */
  readonly isFirst: boolean
  /** To be called when the caller is done with the result: its abort counts until then. */
  readonly leave: () => void
}

interface SharedCall<T> {
  readonly result: Promise<T>
  readonly controller: AbortController
  /** The followers of each caller who is there. */
  readonly callers: Set<readonly Watcher[]>
  /** Of the latest attempt's answer, once its headers are there. */
  status?: number | undefined
  /** Where the request went that is under way. */
  sentTo?: string
  /** Tells all of them what happens. */
  readonly everybody: Watcher
  /** Closes the call to new callers. */
  readonly close: () => void
}

/**
 * Lets callers share what is under way under a name. A caller who aborts leaves it; the work is aborted when the last one has left.
 * Its settings are those of the first caller's call, and its events go to every caller. On Cloudflare Workers each call is alone.
 */
export function shareCalls<T>(): (
  name: string,
  request: PolicyRequest,
  work: (changes: FetchInit) => Promise<T>,
) => Share<T> {
  const shared = new Map<string, SharedCall<T>>()

  function start(
    name: string,
    { call }: PolicyRequest,
    work: (changes: FetchInit) => Promise<T>,
  ): SharedCall<T> {
    const controller = new AbortController()
    const callers = new Set<readonly Watcher[]>()
    const tell = (event: (watcher: Watcher) => void) => {
      for (const watchers of callers) for (const watcher of watchers) event(watcher)
    }
    const everybody: Watcher = {
      attempt(url) {
        joint.status = undefined
        joint.sentTo = url
        // Each request is the first caller's: another would count it once more.
        const [first] = callers
        for (const watchers of callers)
          for (const watcher of watchers) watcher.attempt?.(url, watchers !== first)
      },
      headers(status) {
        joint.status = status
        tell(watcher => watcher.headers?.(status))
      },
      wait: () => tell(watcher => watcher.wait?.()),
      bytes: () => tell(watcher => watcher.bytes?.()),
    }
    const changes = { signal: controller.signal, ...(call && { call: { ...call, watchers: [everybody] } }) }
    // A turn later, when the first caller is among `callers`: the request may go out at once.
    const result = Promise.resolve().then(() => work(changes))
    const close = () => {
      if (shared.get(name) === joint) shared.delete(name)
    }
    const joint: SharedCall<T> = { result, controller, callers, everybody, close }
    // A Worker's request may end without a word, and nobody could wait for it.
    if (!isWorker()) shared.set(name, joint)
    result.then(close, close)
    return joint
  }

  return (name, request, work) => {
    const { signal, call } = request
    const found = shared.get(name)
    // Where the policy stands twice in a client, the inner one must not join the outer one's call, which waits for it.
    const known = found && !call?.watchers.includes(found.everybody) ? found : undefined
    const joint = known ?? start(name, request, work)
    const { result, controller, callers, close, status } = joint
    const watchers = [...(call?.watchers ?? [])]
    callers.add(watchers)
    if (status) for (const watcher of watchers) watcher.headers?.(status)
    const stopListening = signal
      ? onAbort(signal, () => {
          const [first] = callers
          callers.delete(watchers)
          const [next] = callers
          // What goes on is the request of the next of them now: nobody else would count it.
          if (next && first === watchers && joint.sentTo)
            for (const watcher of next) watcher.attempt?.(joint.sentTo)
          if (next) return
          close()
          abortWith(controller, reasonOf(signal))
        })
      : () => {}
    return {
      result,
      isFirst: !known,
      leave() {
        callers.delete(watchers)
        stopListening()
      },
    }
  }
}
