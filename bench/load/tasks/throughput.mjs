import { loadClient } from '../../clients/index.mjs'

/** Chunks a second, in one stream or over several. */
export default async function throughput({ id, origin, streams, chunks }) {
  const client = await loadClient(id)
  const warmUp = await client.connect({ baseUrl: `${origin}/fast/20000/v1` })
  for (let time = 0; time < 3; time++) await warmUp.stream()
  const each = chunks / streams
  const session = await client.connect({ baseUrl: `${origin}/fast/${each}/v1` })
  await session.stream()
  const start = performance.now()
  const results = await Promise.all(Array.from({ length: streams }, () => session.stream()))
  const wall = performance.now() - start
  const expected = results[0].text.length
  return {
    rate: (chunks / wall) * 1000,
    isSame: results.every(({ text }) => text.length === expected),
    length: expected,
  }
}
