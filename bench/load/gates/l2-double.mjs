const WIDTH = { streams: 2000, chunks: 50, every: 50 }

export default {
  id: 'L2',
  title: '2,000 streams at once',
  demand: 'every one byte-exact',
  tries: 3,
  async run({ task }) {
    const { exact, wall, failed = '' } = await task('concurrent', 'llmfetch', WIDTH)
    return {
      figures: [`${exact}/2000 byte-exact${failed}`, `${(wall / 1000).toFixed(2)} s`],
      passed: exact === WIDTH.streams,
    }
  },
}
