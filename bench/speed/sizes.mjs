// Weighs one call and one stream with each client, bundled for browsers.

import { toTable } from '../lib/document.mjs'
import { versionsOf } from '../lib/machine.mjs'
import { folder } from '../lib/paths.mjs'
import { weighBundle } from '../lib/weigh.mjs'

function measure(contents) {
  return weighBundle({ stdin: { contents, resolveDir: folder } })
}

/** The table of all clients' sizes. */
export async function measureSizes(clients) {
  const rows = clients.map(async client => {
    const { call, stream } = client.programs
    return [client.name, versionsOf(client), await measure(call), await measure(stream)]
  })
  const head = ['client', 'version', 'one call', 'one stream']
  return toTable(head, await Promise.all(rows), place => place > 1)
}
