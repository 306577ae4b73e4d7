import { median } from '../lib/stats.mjs'
import { startWorker } from '../lib/worker.mjs'

/** What is measured: so many times in a row, by their server's path. */
export const works = [
  { id: 'event', title: 'one event a network chunk', unit: 'an event', times: 1 },
  { id: '16k', title: '16 KiB chunks', unit: 'an event', times: 2 },
  { id: 'tools', title: 'tool calls', unit: 'a delta', times: 3 },
  { id: 'json', title: 'plain call', unit: 'a call', times: 50 },
]

/** Rounds that are not counted: code is compiled as it proves to be hot. */
const WARM_UP = 3

/** Asks the workers in turn, beginning with another one each time, and returns the CPU times of each round. */
async function measureRounds(workers, { id: work, times }, count) {
  const rounds = []
  for (let round = -WARM_UP; round < count; round++) {
    const taken = []
    const results = new Set()
    for (let turn = 0; turn < workers.length; turn++) {
      const place = (turn + WARM_UP + round) % workers.length
      const { ms, result } = await workers[place].ask({ work, times })
      taken[place] = ms / times
      results.add(result)
    }
    if (results.size !== 1) throw new Error(`${work}: the clients read different things`)
    if (round >= 0) rounds.push(taken)
  }
  return rounds
}

/**
 * For each work and each client the median CPU time in ms, and the median ratio to the first client's, taken within each round:
 * a slow moment of the machine falls on both. Each client is a process of its own, begun so many times.
 */
export async function measureWorks(ids, someWorks, { origin, processes, rounds: count }) {
  const rounds = new Map(someWorks.map(({ id }) => [id, []]))
  for (let run = 0; run < processes; run++) {
    const start = id => startWorker(new URL('./client.mjs', import.meta.url), [id, origin])
    const workers = await Promise.all(ids.map(start))
    for (const work of someWorks) rounds.get(work.id).push(...(await measureRounds(workers, work, count)))
    for (const worker of workers) worker.stop()
  }
  const summarize = (list, place) => ({
    ms: median(list.map(taken => taken[place])),
    ratio: median(list.map(taken => taken[place] / taken[0])),
  })
  return new Map([...rounds].map(([work, list]) => [work, ids.map((_, place) => summarize(list, place))]))
}
