import { getEventListeners } from 'node:events'
import { loadClient } from '../../clients/index.mjs'

/** Many streams on one signal, aborted in one tick. */
export default async function storm({ id, origin, streams }) {
  const session = await (await loadClient(id)).connect({
    baseUrl: `${origin}/paced/1000/50/v1`,
    concurrency: streams,
  })
  const controller = new AbortController()
  const { signal } = controller
  let begun = 0
  const reading = Array.from({ length: streams }, () => {
    let isFirst = true
    const onText = () => {
      if (isFirst) begun++
      isFirst = false
    }
    return session.stream({ signal, onText }).then(
      () => 'ended',
      error => error?.name,
    )
  })
  while (begun < streams) await new Promise(resolve => setTimeout(resolve, 10))
  const listeners = getEventListeners(signal, 'abort').length
  const start = performance.now()
  controller.abort()
  const outcomes = await Promise.all(reading)
  return {
    settled: performance.now() - start,
    listeners,
    left: getEventListeners(signal, 'abort').length,
    aborted: outcomes.filter(name => name === 'AbortError').length,
  }
}
