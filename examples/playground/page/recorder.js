// Records what goes over the network: each attempt's request, without a key as there is none here, and the raw events that
// come back. Knows no page and nothing of models.

/** The events of an exchange that are kept. Later ones are only counted. */
const KEPT = 5000

/**
 * One attempt. `events` are `{ time, text }`, as they came; `time` is in milliseconds since the request was sent.
 *
 * @typedef {object} Exchange
 */
function begin(number, url, { method, body }, headers) {
  return {
    number,
    method,
    path: new URL(url).pathname,
    headers: Object.fromEntries(headers),
    body,
    started: performance.now(),
    status: undefined,
    events: [],
    count: 0,
    /** From the request to the end of its answer, in milliseconds. */
    time: undefined,
    failure: undefined,
  }
}

/** Splits a body at its blank lines, and passes its bytes on unchanged. */
function watchEvents(take, end) {
  const decoder = new TextDecoder()
  let rest = ''
  const split = text => {
    const events = (rest + text).split(/\r?\n\r?\n/)
    rest = events.pop()
    for (const event of events) if (event) take(event)
  }
  return new TransformStream({
    transform(bytes, controller) {
      split(decoder.decode(bytes, { stream: true }))
      controller.enqueue(bytes)
    },
    flush() {
      split(decoder.decode())
      if (rest.trim()) take(rest)
      end()
    },
  })
}

/**
 * A `fetch` that tells of each exchange.
 *
 * @param marks headers to add, made of the number of the attempt
 * @param observer `onExchange(exchange)` at its start, `onChange(exchange)`, and `onEvent(exchange, event)`
 */
export function createRecorder(marks, observer) {
  let count = 0
  return async function recordingFetch(url, init) {
    const headers = new Headers(init.headers)
    for (const [name, value] of Object.entries(marks(++count))) headers.set(name, value)
    const exchange = begin(count, url, init, headers)
    const end = () => {
      exchange.time ??= performance.now() - exchange.started
      observer.onChange(exchange)
    }
    observer.onExchange(exchange)
    try {
      const response = await fetch(url, { ...init, headers })
      const { status, headers: received } = response
      exchange.status = status
      observer.onChange(exchange)
      const watch = watchEvents(text => {
        const event = { time: performance.now() - exchange.started, text }
        if (++exchange.count <= KEPT) exchange.events.push(event)
        observer.onEvent(exchange, event)
      }, end)
      return new Response(response.body?.pipeThrough(watch), { status, headers: received })
    } catch (error) {
      exchange.failure = String(error?.message ?? error)
      end()
      throw error
    }
  }
}
