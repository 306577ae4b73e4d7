const STREAMS = 50

export default {
  id: 'L10',
  title: '50 streams one after the other, also where the body’s end comes 20 ms after `[DONE]`',
  demand: 'at most 2 TCP connections',
  tries: 3,
  async run({ task, server }) {
    const count = async (client, path) => {
      const { connections: before } = await server.ask('stats')
      await task('keep-alive', client, { path, streams: STREAMS })
      return (await server.ask('stats')).connections - before
    }
    const together = await count('llmfetch', 'fast/10')
    const late = await count('llmfetch', 'lateEnd/20')
    const openai = await count('openai', 'lateEnd/20')
    return {
      figures: [`${together} connections, ${late} with a late end (openai ${openai})`],
      passed: together <= 2 && late <= 2,
    }
  },
}
