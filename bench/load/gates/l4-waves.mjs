const WAVES = 25

export default {
  id: 'L4',
  title:
    '25 waves of 200 mixed calls: read whole, cut, left after 5 chunks, aborted, silent, refused, retried',
  demand:
    'every outcome as expected; from the fifth wave on at most 300 B of heap a call; no listener, timer or socket left, no request open',
  tries: 3,
  async run({ task, server }) {
    const figures = []
    let passed = true
    for (const client of ['llmfetch', 'llm-client']) {
      await server.ask('reset')
      const { wrong, growth, listeners, handles } = await task('waves', client, { count: WAVES })
      const { open } = await server.ask('stats')
      const unexpected = [...new Set(wrong)].join(', ')
      figures.push(
        `${client === 'llmfetch' ? 'functions' : 'LLMClient'}: ${growth.toFixed(0)} B a call, ${listeners} listeners, ${Math.max(0, handles)} handles, ${open} open${wrong.length ? `, ${wrong.length} unexpected: ${unexpected}` : ''}`,
      )
      passed &&= !wrong.length && growth <= 300 && !listeners && handles <= 0 && !open
    }
    return { figures, passed }
  },
}
