import { median } from '../lib/stats.mjs'
import { startWorker } from '../lib/worker.mjs'

const ROUNDS = 7

/**
 * Measures the works of `worksOf(id)` with each client, in `processesOf(id)` processes one after the other, as each compiles
 * its code anew. Returns, by work and client, the median CPU time in µs a unit, and the median ratio to the least that the work
 * can cost. Ratios are taken within a round, where a slow moment of the machine falls on both.
 */
export async function measureWorks(ids, { network, worksOf, processesOf }) {
  const taken = new Map()
  const most = Math.max(...ids.map(processesOf))
  for (let run = 0; run < most; run++)
    for (const id of ids.filter(one => run < processesOf(one))) {
      console.log(`Measuring ${id}, process ${run + 1} of ${processesOf(id)}`)
      const worker = await startWorker(new URL('./client.mjs', import.meta.url), [id, network])
      for (const { id: work } of worksOf(id)) {
        const list = taken.get(work)?.get(id) ?? []
        if (!taken.has(work)) taken.set(work, new Map())
        taken.get(work).set(id, [...list, ...(await worker.ask({ work, rounds: ROUNDS }))])
      }
      worker.stop()
    }
  return new Map([...taken].map(([work, byClient]) => [work, summarize(byClient)]))
}

function summarize(byClient) {
  const least = [...byClient.values()].flat().map(([micros]) => micros)
  const figures = [...byClient].map(([id, rounds]) => {
    const ratio = median(rounds.map(([micros, own]) => own / micros))
    return [id, { ratio, micros: median(rounds.map(([, own]) => own)) }]
  })
  return new Map([['bare', { ratio: 1, micros: median(least) }], ...figures])
}
