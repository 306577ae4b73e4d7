import type { Fetch } from '../../src/index.ts'

/** Numbers that look random, and are the same each time. */
export function randomOf(seed: number): () => number {
  let state = seed + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** How a line ends: as a connection that broke, as a whole body, or without a word. */
export type Cut = 'error' | 'end' | 'silence'

/**
 * A fetch whose answers are cut after as many bytes as `length` says, however the bytes come. It counts the lines, and ends what is
 * behind a line that was cut.
 */
export function cutting(
  next: Fetch,
  length: () => number,
  how: () => Cut = () => 'error',
): { fetch: Fetch; lines: number } {
  const made = {
    lines: 0,
    async fetch(url: string, init: RequestInit) {
      made.lines++
      const response = await next(url, init)
      if (!response.body) return response
      let left = length()
      const reader = response.body.getReader()
      const body = new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            const { value } = await reader.read()
            if (!value) return controller.close()
            if (value.length <= left) {
              left -= value.length
              return controller.enqueue(value)
            }
            if (left) controller.enqueue(value.slice(0, left))
            left = 0
            await reader.cancel()
            const cut = how()
            if (cut === 'end') controller.close()
            else if (cut === 'error') controller.error(new TypeError('terminated'))
            // A line that died without a word: only whoever asked can end it.
            else
              await new Promise<void>(resolve =>
                init.signal!.addEventListener('abort', () => resolve()),
              ).then(() => controller.error(init.signal!.reason))
          },
          cancel: reason => reader.cancel(reason),
        },
        { highWaterMark: 0 },
      )
      return new Response(body, { status: response.status, headers: response.headers })
    },
  }
  return made
}
