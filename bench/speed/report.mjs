import { toTable } from '../lib/document.mjs'
import { describeMachine } from '../lib/machine.mjs'
import { isNetwork, works } from './works.mjs'

const IMPORT = { id: 'import', title: 'import' }
const inProcess = [...works.filter(work => !isNetwork(work)), IMPORT]
const onNetwork = works.filter(isNetwork)
const columns = [...inProcess, ...onNetwork]

const formatRatio = ({ ratio }) => `${ratio.toFixed(2)} ×`

function formatTime({ micros }, { id }) {
  if (id === IMPORT.id) return `${(micros / 1000).toFixed(0)} ms`
  return `${micros.toFixed(micros < 100 ? 2 : 0)} µs`
}

/** The title of a column where columns of both services stand together. */
function longTitle(column) {
  return isNetwork(column) ? `${column.title}, over loopback` : column.title
}

/** The rows of all clients. The bare loop has no figure in a column that compares to something else. */
function rowsOf(clients, figures, someColumns, format) {
  const cell = (column, id) => {
    const figure = figures.get(column.id)?.get(id)
    return figure && (id !== 'bare' || column.run) ? format(figure, column) : '–'
  }
  return clients.map(({ id, name }) => [name, ...someColumns.map(column => cell(column, id))])
}

/** The table of the limits, with the ratios as they were measured. */
export function limitsTable(clients, verdicts) {
  const rows = verdicts.map(({ work, id, ratio, limit, isKept }) => [
    longTitle(columns.find(column => column.id === work)),
    clients.find(client => client.id === id).name,
    formatRatio({ ratio }),
    `${limit} ×`,
    isKept ? 'kept' : 'OVER',
  ])
  return toTable(['', 'client', 'measured', 'at most', ''], rows, place => place === 2 || place === 3)
}

/** The section of docs/benchmarks.md. */
export function describeSpeed(clients, figures, verdicts) {
  const ratios = some =>
    toTable(['client', ...some.map(({ title }) => title)], rowsOf(clients, figures, some, formatRatio))
  const units = columns.map(column => [longTitle(column), column.unit].filter(Boolean).join(', '))
  return `Measured with ${describeMachine()}.

CPU time over a \`fetch\` in the same process, as a multiple of the bare loop's over the same \`fetch\`; of two shapes in turn, one
client's as a multiple of two clients'; of an import, as a multiple of importing \`eventsource-parser\`:

${ratios(inProcess)}

Over loopback, from a service in another process, as a multiple of the bare loop's:

${ratios(onNetwork)}

The same in CPU time:

${toTable(['client', ...units], rowsOf(clients, figures, columns, formatTime))}

The limits of \`bench/lib/limits.mjs\`:

${limitsTable(clients, verdicts)}`
}
