import { monitorEventLoopDelay } from 'node:perf_hooks'
import { loadClient } from '../../clients/index.mjs'
import { seedOf } from '../content.mjs'
import { liveHeap } from '../memory.mjs'

/** Many streams at once, each checked byte by byte. */
export default async function concurrent({ id, origin, streams, chunks, every }) {
  const client = await loadClient(id)
  const connect = path => client.connect({ baseUrl: `${origin}/${path}/v1`, concurrency: streams })
  await (await connect('paced/10/5')).stream()
  const session = await connect(`paced/${chunks}/${every}`)
  const before = await liveHeap()
  const delay = monitorEventLoopDelay({ resolution: 5 })
  let peakHeap = 0
  const sampling = setInterval(() => {
    peakHeap = Math.max(peakHeap, process.memoryUsage().heapUsed)
  }, 20)
  delay.enable()
  const start = performance.now()
  const reading = Promise.allSettled(Array.from({ length: streams }, () => session.stream()))
  // In the middle, when all are open.
  await new Promise(resolve => setTimeout(resolve, (chunks * every) / 2))
  delay.disable()
  const perStream = ((await liveHeap()) - before) / streams
  delay.enable()
  const settled = await reading
  const wall = performance.now() - start
  delay.disable()
  clearInterval(sampling)
  const seeds = new Set(settled.map(({ value }) => value && seedOf(value.text, chunks)))
  seeds.delete(undefined)
  return {
    exact: seeds.size,
    failed: settled.find(({ reason }) => reason)?.reason?.stack,
    wall,
    p99: delay.percentile(99) / 1e6,
    perStream,
    peakHeap,
  }
}
