// Writes times, errors and JSON for the page.

export const seconds = ms => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)

/** JSON on one line where it fits, else with some air; what is no JSON as it is. */
export function pretty(json) {
  try {
    const value = JSON.parse(json)
    const line = JSON.stringify(value)
    return line.length > 70 ? JSON.stringify(value, undefined, 2) : line
  } catch {
    return json
  }
}

/** The class of an error. One that came through the Worker may have it as its `type`. */
export const nameOf = ({ name, type }) => (/^[A-Z]\w*Error$/.test(type) ? type : name)

/** The message of an error without its status, which stands beside it. */
export const messageOf = ({ message, status }) =>
  message.startsWith(`${status} `) ? message.slice(`${status} `.length) : message
