export default {
  id: 'L9',
  title:
    'Twice the work: bytes one by one, lines of an event, deltas of a tool call, 1,000,000 deltas of content',
  demand:
    'at most 2.5 × the time; at most 10 B of heap for a character that waits for the end of its event, 16 B where each came alone',
  tries: 5,
  async run({ task }) {
    const { ratios, alone, joined } = await task('complexity', 'llmfetch', {})
    const times = Object.entries(ratios)
    return {
      figures: [
        ...times.map(([name, ratio]) => `${name} ${ratio.toFixed(2)} ×`),
        `${joined.toFixed(1)} B a character in pieces of 16 bytes, ${alone.toFixed(1)} B one by one`,
      ],
      passed: times.every(([, ratio]) => ratio <= 2.5) && joined <= 10 && alone <= 16,
    }
  },
}
