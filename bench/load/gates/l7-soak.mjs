export default {
  id: 'L7',
  title: 'A soak of 50 workers, a fifth of their streams against one of 12 faults',
  demand:
    'no call hangs, no unhandled rejection, every outcome that of its fault, at most 300 B of live heap a stream; in runs over 10 minutes memory grows by at most 0.5 MiB a minute after the fifth',
  tries: 2,
  async run({ task, seconds }) {
    const result = await task('soak', 'llmfetch', { seconds })
    const { streams, hangs, mismatches, growth, rssSlope, unhandled, warnings } = result
    const isLong = seconds > 600
    return {
      figures: [
        `${seconds} s: ${streams} streams, ${hangs} hangs, ${unhandled.length} unhandled, ${warnings.length} warnings`,
        mismatches.length
          ? `unexpected: ${mismatches.map(([what, times]) => `${what} (${times} ×)`).join(', ')}`
          : 'every outcome as expected',
        `${growth.toFixed(0)} B of live heap a stream`,
        `resident memory ${rssSlope >= 0 ? '+' : ''}${rssSlope.toFixed(2)} MiB a minute${isLong ? '' : ' (too short a run to judge by)'}`,
      ],
      passed:
        !hangs &&
        !mismatches.length &&
        !unhandled.length &&
        !warnings.length &&
        growth <= 300 &&
        !(isLong && rssSlope > 0.5),
    }
  },
}
