const WIDTH = { streams: 1000, chunks: 100, every: 50 }

const megabytes = bytes => `${(bytes / 2 ** 20).toFixed(0)} MiB`

/** A thousand streams at once, beside the bare loop that reads the same. */
export default {
  id: 'L1',
  title: '1,000 streams at once, 100 chunks each',
  demand:
    'every one byte-exact; wall time at most 1.25 ×, 99th percentile of the event loop’s delay at most 5 × and live heap a stream at most 1.6 × the bare loop’s',
  tries: 5,
  async run({ task }) {
    const bare = await task('concurrent', 'bare', WIDTH)
    const ours = await task('concurrent', 'llmfetch', WIDTH)
    const facade = await task('concurrent', 'llm-client', WIDTH)
    const wall = ours.wall / bare.wall
    const p99 = ours.p99 / bare.p99
    const heap = ours.perStream / bare.perStream
    const isExact = [ours, facade].every(({ exact }) => exact === WIDTH.streams)
    const kilobytes = ({ perStream }) => (perStream / 1000).toFixed(1)
    return {
      figures: [
        `${ours.exact}/1000 byte-exact, ${facade.exact}/1000 with LLMClient${ours.failed ?? facade.failed ?? ''}`,
        `wall ${wall.toFixed(2)} × (${(ours.wall / 1000).toFixed(2)} s)`,
        `delay p99 ${p99.toFixed(2)} × (${ours.p99.toFixed(0)} ms; bare loop ${bare.p99.toFixed(0)} ms)`,
        `heap ${heap.toFixed(2)} × (${kilobytes(ours)} kB a stream; bare loop ${kilobytes(bare)} kB; LLMClient ${kilobytes(facade)} kB)`,
        `peak before collection ${megabytes(ours.peakHeap)} (bare loop ${megabytes(bare.peakHeap)})`,
      ],
      passed: isExact && wall <= 1.25 && p99 <= 5 && heap <= 1.6,
    }
  },
}
