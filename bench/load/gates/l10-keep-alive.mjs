const STREAMS = 50

export default {
  id: 'L10',
  title: '50 streams one after the other, also where the body’s end comes 20 ms after `[DONE]`',
  demand: 'at most 2 TCP connections',
  tries: 1,
  async run({ task, server }) {
    const connections = {}
    for (const path of ['lateEnd/0', 'lateEnd/20']) {
      await server.ask('reset')
      await task('keep-alive', 'llmfetch', { path, streams: STREAMS })
      connections[path] = (await server.ask('stats')).connections
    }
    const [atOnce, late] = Object.values(connections)
    return { figures: [`${atOnce} connections, ${late} with a late end`], passed: atOnce <= 2 && late <= 2 }
  },
}
