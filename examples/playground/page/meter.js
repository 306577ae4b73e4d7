// Measures an answer by its raw events, while they pass. Knows no page.

/** The plot has a point every STEP milliseconds, and each counts the WINDOW milliseconds before it. */
const STEP = 100
const WINDOW = 400

/** Tells whether an event holds a piece of an answer, and the usage, where it has any. */
function readEvent(text) {
  try {
    const { choices, usage } = JSON.parse(text.replace(/^data: ?/, ''))
    const { content, tool_calls, reasoning, reasoning_content } = choices?.[0]?.delta ?? {}
    return {
      isPiece: [content, tool_calls, reasoning, reasoning_content].some(piece => piece?.length),
      usage,
    }
  } catch {
    return { isPiece: false }
  }
}

/** Counts what arrives. A piece is about a token; once the service has told its usage, that counts. */
export function createMeter(now = () => performance.now()) {
  const started = now()
  const arrivals = []
  let ended
  let usage

  /** Pieces a second at each step since the first one. */
  function series(until) {
    const first = arrivals[0]
    const points = []
    let from = 0
    let to = 0
    for (let time = first + STEP; time <= until; time += STEP) {
      const begin = Math.max(first, time - WINDOW)
      while (arrivals[to] <= time) to++
      while (arrivals[from] < begin) from++
      points.push(((to - from) / (time - begin)) * 1000)
    }
    return points
  }

  return {
    /** Takes the text of an event. */
    see(text) {
      const { isPiece, usage: told } = readEvent(text)
      usage = told ?? usage
      if (isPiece) arrivals.push(now())
    },
    end() {
      ended ??= now()
    },
    read() {
      const until = ended ?? now()
      const first = arrivals[0]
      const tokens = usage?.completion_tokens ?? arrivals.length
      // The first token has taken the time before it.
      const streamed = arrivals.at(-1) - first
      return {
        firstToken: first === undefined ? undefined : first - started,
        time: until - started,
        promptTokens: usage?.prompt_tokens,
        tokens,
        rate: streamed > 0 ? ((tokens - 1) / streamed) * 1000 : undefined,
        series: first === undefined ? [] : series(until),
      }
    },
  }
}
