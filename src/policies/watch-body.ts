import type { BodyWatcher } from './policy.ts'

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
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        watcher.onWait?.()
        try {
          const { done, value } = await reader.read()
          watcher.onBytes?.()
          if (!done) return controller.enqueue(value)
          watcher.onEnd?.({})
          controller.close()
        } catch (error) {
          watcher.onEnd?.({ error })
          controller.error(error)
        }
      },
      cancel(reason) {
        watcher.onEnd?.({ cancelled: true })
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  return Object.defineProperty(new Response(body, response), 'url', { value: response.url })
}
