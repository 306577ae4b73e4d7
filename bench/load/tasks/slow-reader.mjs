import { loadClient } from '../../clients/index.mjs'

/** Takes ten chunks a second of a stream without end, and then none, so that the server can be asked how far it got. */
export default async function slowReader({ id, origin, seconds }) {
  const session = await (await loadClient(id)).connect({ baseUrl: `${origin}/endless/v1` })
  let taken = 0
  return new Promise((resolve, reject) => {
    const onText = async () => {
      await new Promise(next => setTimeout(next, 100))
      if (++taken < seconds * 10) return
      resolve({ taken })
      await new Promise(() => {})
    }
    session.stream({ onText }).catch(reject)
  })
}
