import { loadClient } from '../../clients/index.mjs'

/** One stream after the other, without a pause. */
export default async function keepAlive({ id, origin, path, streams }) {
  const session = await (await loadClient(id)).connect({ baseUrl: `${origin}/${path}/v1` })
  for (let time = 0; time < streams; time++) await session.stream()
  return {}
}
