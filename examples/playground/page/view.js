// The messages as they stand in the page. All text is set as text: an answer's markup stays text.

function element(name, className, ...children) {
  const made = document.createElement(name)
  if (className) made.className = className
  made.append(...children)
  return made
}

/** JSON on one line where it fits, else with some air; what is no JSON as it is. */
function pretty(json) {
  try {
    const value = JSON.parse(json)
    const line = JSON.stringify(value)
    return line.length > 70 ? JSON.stringify(value, undefined, 2) : line
  } catch {
    return json
  }
}

/** Names and values. */
function addRow(to, name, value, className) {
  to.append(element('div', '', element('dt', '', name), element('dd', className, value)))
}

function message(className, who, ...children) {
  return element('li', `message ${className}`, element('p', 'who', who), ...children)
}

export function userMessage(text) {
  return message('user', 'You', element('p', 'text', text))
}

/** An answer that grows. */
export function answerMessage(model) {
  const text = element('p', 'text')
  const note = element('p', 'note')
  const item = message('answer', model, text, note)
  item.setAttribute('aria-busy', 'true')
  return {
    item,
    add(piece) {
      text.append(piece)
    },
    /** What stands under the answer when it is over. `cut` marks a text that goes no further. */
    end(words, cut = false) {
      item.removeAttribute('aria-busy')
      item.classList.toggle('cut', cut && text.hasChildNodes())
      note.textContent = words
      if (!text.hasChildNodes()) text.remove()
    },
  }
}

/** A tool call, to which its result is added. */
export function toolMessage({ function: { name, arguments: json } }) {
  const rows = element('dl', 'call')
  addRow(rows, 'tool', name, 'name')
  addRow(rows, 'arguments', pretty(json))
  return {
    item: element('li', 'message tool', rows),
    result: content => addRow(rows, 'returned', pretty(content)),
  }
}

/** What an error tells beside its message. */
function details(error) {
  return [
    ['type', error.type],
    ['status', error.status],
    ['code', error.code],
    ['phase', error.phase],
    ['request', error.requestId],
    ['retry after', error.retryAfter && `${Math.ceil(error.retryAfter / 1000)} s`],
    ['may pass', error.retryable === undefined ? undefined : error.retryable ? 'yes' : 'no'],
  ].filter(([, value]) => value !== undefined && value !== null)
}

/** A typed error: its name, its message, what it tells, and a way to try again. */
export function errorMessage(error, { hadText, onRetry }) {
  const again = element('button', 'quiet', 'Try again')
  again.type = 'button'
  again.addEventListener('click', onRetry)
  const kept = hadText ? [element('p', 'kept', 'What had arrived is kept above.')] : []
  const list = element('dl', 'details')
  for (const [name, value] of details(error)) addRow(list, name, String(value))
  return message('error', error.name, element('p', 'text', error.message), ...kept, list, again)
}
