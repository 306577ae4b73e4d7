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
function takeTurns() {
  const isOver = [false, false]
  let turn = 0
  let wake

  function pass(side, isLast) {
    isOver[side] ||= isLast
    turn = 1 - side
    wake?.()
  }

  return [text, shortTools].map((pieces, side) => () => {
    let next = 0
    const pull = async controller => {
      while (turn !== side && !isOver[1 - side])
        await new Promise(resolve => {
          wake = resolve
        })
      if (next < pieces.length) controller.enqueue(pieces[next++])
      else controller.close()
      pass(side, next === pieces.length)
    }
    return streamOf(pull, () => pass(side, true))
  })
}

let openers = []

/** Opens the stream that the request asks for, of text or of tool calls: in turn with the other one, or the first of the next two. */
async function openInTurn(input, init) {
  const body = typeof init?.body === 'string' ? init.body : await new Request(input, init).text()
  const side = body.includes('"tools"') ? 1 : 0
  if (!openers[side]) openers = takeTurns()
  const open = openers[side]
  openers[side] = undefined
  return open()
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
    shapes: openInTurn,
  }
  globalThis.fetch = async (input, init) => {
    const url = String(input.url ?? input)
    if (!url.startsWith(origin)) return network(input, init)
    return answers[url.slice(origin.length + 1, url.indexOf('/', origin.length + 1))](input, init)
  }
}
