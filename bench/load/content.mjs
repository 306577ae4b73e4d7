// The streams of the load gates' server, known to both sides.

const words = ['one ', 'zwei ', 'três ', '漢字 ', '🚀 ', 'six ']

const pieceOf = (seed, place) => (place ? words[(seed + place) % words.length] : `#${seed}#`)

/** The events of a stream that nobody else gets: its text begins with its number. */
export function eventsOf(seed, count) {
  const events = Array.from({ length: count }, (_, place) => toEvent({ content: pieceOf(seed, place) }))
  return [...events, toEvent({}, 'stop'), 'data: [DONE]\n\n']
}

export function toEvent(delta, finish = null) {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`
}

/** The number of the stream whose whole text this is, byte by byte; undefined if it is no stream's. */
export function seedOf(text, count) {
  const seed = Number(/^#(\d+)#/.exec(text)?.[1])
  const expected = Array.from({ length: count }, (_, place) => pieceOf(seed, place)).join('')
  return text === expected ? seed : undefined
}
