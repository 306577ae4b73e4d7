export default {
  id: 'L8',
  title: 'An outage met by 100 callers who retry; 1,000 callers for 10 places',
  demand:
    'at most 1.2 requests a call; never more than 10 requests under way on the server’s own count, and first come, first served',
  tries: 3,
  async run({ task, server }) {
    const amplification = []
    for (const times of [1, 20]) {
      await server.ask('reset')
      await task('retry-storm', 'llmfetch', { callers: 100, times })
      amplification.push((await server.ask('stats')).requests / (100 * times))
    }
    await server.ask('reset')
    const { isFair } = await task('limiter', 'llmfetch', { callers: 1000, limit: 10 })
    const { maxOpen, requests } = await server.ask('stats')
    const [once, lasting] = amplification
    return {
      figures: [
        `${once.toFixed(2)} requests a call, ${lasting.toFixed(2)} in an outage of 2,000 calls`,
        `at most ${maxOpen} of ${requests} at once, ${isFair ? 'in order' : 'OUT OF ORDER'}`,
      ],
      passed: once <= 1.2 && lasting <= 1.2 && maxOpen <= 10 && requests === 1000 && isFair,
    }
  },
}
