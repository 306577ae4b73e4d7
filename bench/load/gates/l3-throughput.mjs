const CHUNKS = 200_000
/** Chunks a second, on a machine where the bare loop is fast enough to tell. */
const GOALS = { 1: 300_000, 50: 200_000 }
/** The most that reading in 16 KiB pieces may cost, as a multiple of the bare loop's time. */
const RATIO = 1.8

const thousands = rate => `${Math.round(rate / 1000)}k/s`

export default {
  id: 'L3',
  title: '200,000 chunks, in one stream and over 50',
  demand: `at least ${thousands(GOALS[1])} in one stream and ${thousands(GOALS[50])} over 50, or the bare loop’s rate / ${RATIO} where that is less; faster than \`openai\` in the same run`,
  tries: 3,
  async run({ task }) {
    const figures = []
    let passed = true
    for (const streams of [1, 50]) {
      const work = { streams, chunks: CHUNKS }
      const bare = await task('throughput', 'bare', work)
      const ours = await task('throughput', 'llmfetch', work)
      const openai = await task('throughput', 'openai', work)
      const least = Math.min(GOALS[streams], bare.rate / RATIO)
      const isRight = [bare, ours, openai].every(({ isSame, length }) => isSame && length === bare.length)
      passed &&= isRight && ours.rate >= least && ours.rate > openai.rate
      figures.push(
        `${streams} ${streams > 1 ? 'streams' : 'stream'}: ${thousands(ours.rate)} (bare loop ${thousands(bare.rate)}, openai ${thousands(openai.rate)})`,
      )
    }
    return { figures, passed }
  },
}
