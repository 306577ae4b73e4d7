// The messages as they stand in the page.

import { addRow, button, element } from './element.js'
import { messageOf, nameOf, pretty, seconds } from './words.js'

function message(className, who, ...children) {
  return element('li', `message ${className}`, element('p', 'who', who), ...children)
}

export function userMessage(text) {
  return message('user', 'You', element('p', 'text', text))
}

/** A box for the model's thinking: open while it thinks, closed once it speaks, unless the reader has chosen. */
function thinkingBox() {
  const summary = element('summary', '', 'Thinking …')
  const text = element('p', 'thought')
  const box = element('details', 'thinking', summary, text)
  const started = performance.now()
  let chosen = false
  box.open = true
  summary.addEventListener('click', () => {
    chosen = true
  })
  return {
    box,
    add: piece => text.append(piece),
    end() {
      if (summary.textContent !== 'Thinking …') return
      summary.textContent = `Thought for ${seconds(performance.now() - started)}`
      if (!chosen) box.open = false
    },
  }
}

/** A value of JSON as a list of names and values, or of items. */
function tree(value) {
  if (Array.isArray(value)) return element('ol', '', ...value.map(item => element('li', '', tree(item))))
  if (typeof value !== 'object' || value === null)
    return element('span', typeof value === 'string' ? '' : 'constant', String(value))
  const list = element('dl', 'tree')
  for (const [name, member] of Object.entries(value)) addRow(list, name, tree(member))
  return list
}

/** An answer that grows. */
export function answerMessage(model) {
  const text = element('p', 'text')
  const note = element('p', 'note')
  const item = message('answer', model, text, note)
  const who = item.firstElementChild
  let thinking
  item.setAttribute('aria-busy', 'true')

  function settle() {
    thinking?.end()
    item.removeAttribute('aria-busy')
    if (!text.hasChildNodes()) text.remove()
  }

  return {
    item,
    /** Names the model that has answered, once that is known. */
    name(model) {
      who.textContent = model
    },
    think(piece) {
      if (!thinking) {
        thinking = thinkingBox()
        text.before(thinking.box)
      }
      thinking.add(piece)
    },
    add(piece) {
      thinking?.end()
      text.append(piece)
    },
    /** Shows a value in place of a text. */
    show(value) {
      thinking?.end()
      text.replaceChildren(tree(value))
    },
    /** Says what is going on, while nothing arrives. */
    note(words) {
      note.textContent = words
    },
    /** Takes the cursor away: nothing more will arrive, though the answer may not be over. */
    settle,
    /** Ends the answer, with words to stand under it. `cut` marks a text that goes no further. */
    end(words, cut = false) {
      item.classList.toggle('cut', cut && text.hasChildNodes())
      settle()
      note.textContent = words
      // An answer that never began has nothing to show: the error beside it says why.
      if (cut && !words && item.childElementCount === 2) item.remove()
    },
  }
}

/** A tool call, to which its result is added. */
export function toolMessage({ function: { name, arguments: json } }) {
  const rows = element('dl', 'call')
  addRow(rows, 'tool', name, 'name')
  addRow(rows, 'arguments', pretty(json))
  const returned = addRow(rows, 'returned', 'running …')
  return {
    item: element('li', 'message tool', rows),
    result(content, failed) {
      returned.textContent = pretty(content)
      returned.classList.toggle('failed', failed)
    },
  }
}

/** A remark of the page itself. */
export function remarkMessage(words) {
  return element('li', 'message', element('p', 'kept', words))
}

/** The details of an error, beside its message. */
function details(error) {
  return [
    // An error inside a stream came with a good status.
    ['status', error.status >= 400 ? error.status : undefined],
    ['code', error.code],
    ['phase', error.phase],
    ['request', error.requestId],
    ['retry after', error.retryAfter && `${Math.ceil(error.retryAfter / 1000)} s`],
    ['may pass', error.retryable === undefined ? undefined : error.retryable ? 'yes' : 'no'],
  ].filter(([, value]) => value !== undefined && value !== null)
}

/** A typed error: its name, its message, what it tells, and a way to try again. */
export function errorMessage(error, { hadText, onRetry }) {
  const kept = hadText ? [element('p', 'kept', 'What had arrived is kept above.')] : []
  const list = element('dl', 'details')
  for (const [name, value] of details(error)) addRow(list, name, String(value))
  const words = element('p', 'text', messageOf(error))
  return message('error', nameOf(error), words, ...kept, list, button('quiet', 'Try again', onRetry))
}
