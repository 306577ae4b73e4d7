// A service in the process of its reader, so that no network hides what a client costs: a `fetch` that makes its answers itself.
import { completionOf, inChunks, shortChunk, textEvents, toolEvents } from './content.mjs'
import { DENSE_EVENTS, EVENTS } from './works.mjs'

export const origin = 'https://in-process.example'

const encoder = new TextEncoder()
const completion = completionOf('Hello! How can I help you today?')
const text = textEvents(EVENTS).map(event => encoder.encode(event))
const shortTools = toolEvents(EVENTS, shortChunk).map(event => encoder.encode(event))

/** A stream that has its next piece only when it is read. */
function streamOf(pull, cancel) {
  const headers = { 'content-type': 'text/event-stream' }
  return new Response(new ReadableStream({ pull, cancel }, { highWaterMark: 0 }), { headers })
}

/** A stream whose pieces come each in a turn of the event loop of its own, as they do from a network. */
function piecesOf(pieces) {
  let next = 0
  return streamOf(async controller => {
    await new Promise(setImmediate)
    if (next < pieces.length) controller.enqueue(pieces[next++])
    else controller.close()
  })
}

/** Two streams that have an event each in turn, whichever is read faster, so that no event is like the one before it. */
class Turns {
  #streams = [text, shortTools]
  #isOpen = [false, false]
  #isOver = [false, false]
  #turn = 0
  #wake

  has(side) {
    return this.#isOpen[side]
  }

  open(side) {
    const pieces = this.#streams[side]
    let next = 0
    this.#isOpen[side] = true
    const pull = async controller => {
      while (this.#turn !== side && !this.#isOver[1 - side])
        await new Promise(resolve => {
          this.#wake = resolve
        })
      if (next < pieces.length) controller.enqueue(pieces[next++])
      else controller.close()
      this.#pass(side, next === pieces.length)
    }
    return streamOf(pull, () => this.#pass(side, true))
  }

  #pass(side, isOver) {
    this.#isOver[side] ||= isOver
    this.#turn = 1 - side
    this.#wake?.()
  }
}

let turns = new Turns()

/** The one of the two streams that the request asks for; a pair of them begins anew when one is asked for again. */
async function inTurn(input, init) {
  const body = typeof init?.body === 'string' ? init.body : await new Request(input, init).text()
  const side = body.includes('"tools"') ? 1 : 0
  if (turns.has(side)) turns = new Turns()
  return turns.open(side)
}

/** Puts the service in the place of `fetch`, for its own origin. Some clients parse no JSON that is not called so. */
export function serveInProcess({ needsContentType }) {
  const network = globalThis.fetch
  const typed = needsContentType && { headers: { 'content-type': 'application/json' } }
  const dense = inChunks(textEvents(DENSE_EVENTS)).map(piece => new Uint8Array(piece))
  const answers = {
    call: () => new Response(completion, typed),
    event: () => piecesOf(text),
    '16k': () => piecesOf(dense),
    shapes: inTurn,
  }
  globalThis.fetch = async (input, init) => {
    const url = String(input.url ?? input)
    if (!url.startsWith(origin)) return network(input, init)
    return answers[url.slice(origin.length + 1, url.indexOf('/', origin.length + 1))](input, init)
  }
}
