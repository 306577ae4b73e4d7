const STREAMS = 50

export default {
  id: 'L10',
  title: '50 streams one after the other, also where the body’s end comes 20 ms after `[DONE]`',
  demand: 'at most 2 TCP connections, for a late end where the next call comes 40 ms after the last',
  tries: 1,
  async run({ task, server }) {
    const count = async (client, path, pause) => {
      const { connections: before } = await server.ask('stats')
      await task('keep-alive', client, { path, pause, streams: STREAMS })
      return (await server.ask('stats')).connections - before
    }
    const together = await count('llmfetch', 'fast/10', 0)
    const late = await count('llmfetch', 'lateEnd/20', 40)
    const hurried = await count('llmfetch', 'lateEnd/20', 0)
    const openai = await count('openai', 'lateEnd/20', 0)
    return {
      figures: [
        `${together} connections, ${late} with a late end`,
        `${hurried} with a late end and no pause at all (openai ${openai})`,
      ],
      passed: together <= 2 && late <= 2,
    }
  },
}
