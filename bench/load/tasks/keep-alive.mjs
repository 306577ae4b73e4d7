import { setTimeout as wait } from 'node:timers/promises'
import { loadClient } from '../../clients/index.mjs'

/** One stream after the other, with a pause of so many ms between two. */
export default async function keepAlive({ id, origin, path, streams, pause }) {
  const session = await (await loadClient(id)).connect({ baseUrl: `${origin}/${path}/v1` })
  for (let time = 0; time < streams; time++) {
    await session.stream()
    if (pause) await wait(pause)
  }
  return {}
}
