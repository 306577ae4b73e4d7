const STREAMS = 500

/** Waits until the server has no request open, for 5 s at most, and returns the time in ms. */
async function untilClosed(server) {
  const start = performance.now()
  for (;;) {
    const elapsed = performance.now() - start
    const { open } = await server.ask('stats')
    if (!open || elapsed > 5000) return elapsed
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

export default {
  id: 'L5',
  title: '500 streams on one signal, aborted in one tick',
  demand:
    'all reject with AbortError within 1 s, the server has none open 1 s later; at most one listener, none after, no warning',
  tries: 3,
  async run({ task, server }) {
    const figures = []
    let passed = true
    for (const client of ['llmfetch', 'llm-client']) {
      const result = await task('storm', client, { streams: STREAMS })
      const { settled, listeners, left, aborted, warnings } = result
      const closed = await untilClosed(server)
      figures.push(
        `${client === 'llmfetch' ? 'functions' : 'LLMClient'}: ${aborted}/500 settled in ${settled.toFixed(0)} ms, closed ${closed.toFixed(0)} ms later, ${listeners} listener, ${left} after${warnings.length ? `, ${warnings[0]}` : ''}`,
      )
      const isQuick = settled <= 1000 && closed <= 1000
      passed &&= aborted === STREAMS && isQuick && listeners <= 1 && !left && !warnings.length
    }
    return { figures, passed }
  },
}
