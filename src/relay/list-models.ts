import { readText } from './read-text.ts'
import type { UpstreamRequest } from './upstream.ts'

/** A list of models may be long, but not endless. */
const MAX_LIST = 4_194_304

function entry(id: string, created: number): object {
  // The owner's name is the account's.
  return { id, object: 'model', created, owned_by: 'relay' }
}

/** The list of models as a visitor sees it: those that may be asked for, and their names alone. */
export async function listAllowed(
  models: readonly string[] | undefined,
  isAllowed: (model: string) => boolean | PromiseLike<boolean>,
  request: UpstreamRequest,
): Promise<Response> {
  let data = models?.map(id => entry(id, 0))
  if (!data) {
    const response = await request.send('GET', '/models')
    const { text } = await readText(response.body, MAX_LIST, request.wait)
    const { data: listed } = Object(JSON.parse(text))
    data = []
    for (const { id, created } of listed as { id: string; created?: number }[])
      if (await isAllowed(id)) data.push(entry(id, Number(created) || 0))
  }
  return Response.json({ object: 'list', data })
}
