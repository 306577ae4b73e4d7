import type { BodyWatcher } from '../internal/body-watcher.ts'

/**
 * Tells `watcher` what becomes of a response's body. An answer of this library's own client is watched where it is read; any
 * other gets one more stream around its body, pulled by demand.
 */
export function watchBody(response: Response, watcher: BodyWatcher): Response {
  const { watch } = response as { watch?: (watcher: BodyWatcher) => void }
  if (watch) {
    watch(watcher)
    return response
  }
  const reader = 'data' in response ? undefined : response.body?.getReader()
  if (!reader) {
    watcher.onEnd?.({})
    return response
  }
  let ended = false
  const end: BodyWatcher['onEnd'] & object = how => {
    if (!ended) watcher.onEnd?.(how)
    ended = true
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // A body that nobody reads fails as well, when its request is aborted.
        reader.closed.then(
          () => end({}),
          error => {
            end({ error })
            controller.error(error)
          },
        )
      },
      async pull(controller) {
        watcher.onWait?.()
        const { done, value } = await reader.read()
        watcher.onBytes?.()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel(reason) {
        end({ cancelled: true })
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  return Object.defineProperty(new Response(body, response), 'url', { value: response.url })
}
