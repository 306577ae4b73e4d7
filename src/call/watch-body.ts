import { answerOf } from './answer.ts'
import type { CallEnd, Watcher } from './watcher.ts'

/**
 * Tells `watcher` what becomes of a response's body. An answer of this library's own client is watched where it is read; any
 * other gets one more stream around its body, pulled by demand.
 */
export function watchBody(response: Response, watcher: Watcher): Response {
  const answer = answerOf(response)
  if (answer?.watch) {
    answer.watch(watcher)
    return response
  }
  if (answer) {
    watcher.value?.(answer.data)
    watcher.end?.({})
    return response
  }
  const { status, statusText, headers, url } = response
  // A response cannot be made of any other status.
  const reader = status < 200 || status > 599 ? undefined : response.body?.getReader?.()
  if (!reader) {
    watcher.end?.({})
    return response
  }
  let ended = false
  const end = (how: CallEnd) => {
    if (!ended) watcher.end?.(how)
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
        watcher.wait?.()
        const { done, value } = await reader.read()
        watcher.bytes?.()
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
  // Not given to the constructor: a reason phrase that is not Latin-1 would throw.
  return Object.defineProperties(new Response(body, { status, headers }), {
    url: { value: url },
    statusText: { value: statusText },
  })
}
