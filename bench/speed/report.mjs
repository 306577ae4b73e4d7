import { toTable } from '../lib/document.mjs'
import { describeMachine, versionsOf } from '../lib/machine.mjs'
import { isNetwork, works } from './works.mjs'

const IMPORT = { id: 'import', title: 'import' }
const inProcess = [...works.filter(work => !isNetwork(work)), IMPORT]
const onNetwork = works.filter(isNetwork)

/** The title of a column where columns of both services stand together. */
function longTitle(column) {
  return isNetwork(column) ? `${column.title}, over loopback` : column.title
}

function formatTime({ micros }, { id }) {
  if (id === IMPORT.id) return `${(micros / 1000).toFixed(0)} ms`
  return `${micros.toFixed(micros < 100 ? 2 : 0)} µs`
}

/** A table of all clients. The bare loop has no figure in a column that compares to something else. */
function tableOf(clients, figures, columns, { titleOf, format, withVersions = false }) {
  const cell = (column, { id }) => {
    const figure = figures.get(column.id)?.get(id)
    return figure && !(id === 'bare' && !column.run) ? format(figure, column) : '–'
  }
  const rows = clients.map(client => [
    client.name,
    ...(withVersions ? [versionsOf(client)] : []),
    ...columns.map(column => cell(column, client)),
  ])
  const head = ['client', ...(withVersions ? ['version'] : []), ...columns.map(titleOf)]
  return toTable(head, rows, place => place > (withVersions ? 1 : 0))
}

/** The table of the limits, with the ratios as they were measured. */
export function limitsTable(clients, verdicts) {
  const columns = new Map([...inProcess, ...onNetwork].map(column => [column.id, column]))
  const nameOf = id => clients.find(client => client.id === id).name
  const rows = verdicts.map(({ work, id, ratio, limit, isKept }) => [
    longTitle(columns.get(work)),
    nameOf(id),
    `${ratio.toFixed(2)} ×`,
    `${limit} ×`,
    isKept ? 'kept' : 'OVER',
  ])
  return toTable(['', 'client', 'measured', 'at most', ''], rows, place => place === 2 || place === 3)
}

/** The section of docs/benchmarks.md. */
export function describeSpeed(clients, figures, verdicts) {
  const ratio = { titleOf: ({ title }) => title, format: ({ ratio }) => `${ratio.toFixed(2)} ×` }
  const time = {
    titleOf: column => (column.unit ? `${longTitle(column)}, ${column.unit}` : column.title),
    format: formatTime,
  }
  return `Measured with ${describeMachine()}.

CPU time over a \`fetch\` in the same process, as a multiple of the bare loop's over the same \`fetch\`; of two shapes in turn, one
client's as a multiple of two clients'; of an import, as a multiple of importing \`eventsource-parser\`.

${tableOf(clients, figures, inProcess, { ...ratio, withVersions: true })}

Over loopback, from a service in another process, as a multiple of the bare loop's:

${tableOf(clients, figures, onNetwork, ratio)}

The same in CPU time:

${tableOf(clients, figures, [...inProcess, ...onNetwork], time)}

The limits of \`bench/lib/limits.mjs\`:

${limitsTable(clients, verdicts)}`
}
