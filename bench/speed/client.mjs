// One client beside the bare loop, in a process of their own, so that a slow moment falls on both and no other client's code
// is there: node client.mjs <client> <origin of the service on the network>
import { loadClient } from '../clients/index.mjs'
import { cpuTime } from '../lib/stats.mjs'
import { answerAll } from '../lib/worker.mjs'
import { serveInProcess, origin as there } from './in-process.mjs'
import { isNetwork, works } from './works.mjs'

/** Rounds that are not counted: code is compiled as it proves to be hot. */
const WARM_UP = 3

const [id, network] = process.argv.slice(2)
const [bare, client] = await Promise.all([loadClient('bare'), loadClient(id)])
serveInProcess(client)

/** Reads two streams at once, of text and of tool calls, an event of each in turn. */
async function readBoth(forText, forTools) {
  const [{ text }, calls] = await Promise.all([forText.stream(), forTools.tools()])
  return text + JSON.stringify(calls)
}

/** The two that a work compares: the least that it can cost, and the client. */
async function variantsOf(work) {
  const baseUrl = `${isNetwork(work) ? network : there}/${work.id}/v1`
  if (work.run) {
    const [least, own] = await Promise.all([bare.connect({ baseUrl }), client.connect({ baseUrl })])
    return [() => work.run(least), () => work.run(own)]
  }
  const [one, first, second] = await Promise.all([1, 2, 3].map(() => client.connect({ baseUrl })))
  return [() => readBoth(first, second), () => readBoth(one, one)]
}

/** The CPU times of both variants in each round, in µs a unit. */
async function measure(work, rounds) {
  const variants = await variantsOf(work)
  const units = work.count * work.times * work.turns
  const taken = []
  for (let round = -WARM_UP; round < rounds; round++) {
    const sums = [0, 0]
    const results = []
    for (let turn = 0; turn < 2 * work.turns; turn++) {
      const place = (turn + WARM_UP + round) % 2
      const start = process.cpuUsage()
      for (let time = 0; time < work.times; time++) results[place] = await variants[place]()
      sums[place] += cpuTime(start)
    }
    if (results[0] !== results[1]) throw new Error(`${work.id}: ${id} read something else`)
    if (round >= 0) taken.push(sums.map(ms => (ms * 1000) / units))
  }
  return taken
}

answerAll({}, ({ work, rounds }) =>
  measure(
    works.find(one => one.id === work),
    rounds,
  ),
)
