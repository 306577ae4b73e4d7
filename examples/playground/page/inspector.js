// The latest answer from the inside: each request with the wait after it, its body, its raw events, and the code of it all.

import { button, element } from './element.js'
import { createTabs } from './tabs.js'
import { nameOf, seconds } from './words.js'

/** The outcome of an exchange so far, in words. */
function outcomeOf({ status, failure, time, count }) {
  const events = `${count} ${count === 1 ? 'event' : 'events'}`
  return [failure ?? (status === undefined ? 'sent' : status < 400 && events), time && seconds(time)]
    .filter(Boolean)
    .join(' · ')
}

function requestText({ method, path, headers, body }) {
  const names = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return `${method} ${path}\n${names.join('\n')}\n\n${body ? JSON.stringify(JSON.parse(body), undefined, 2) : ''}`
}

/** An event as it came; what it adds to the answer stands out. */
function eventItem({ time, text }) {
  const [before, delta, after] = text.split(/("delta": ?\{.*?\}(?=,"|\}))/s)
  const code = delta ? [before, element('b', '', delta), after] : [text]
  return element('li', '', element('span', 'when', `+${seconds(time)}`), element('code', '', ...code))
}

/** @param at the page's elements, by id */
export function createInspector(at) {
  const tabs = createTabs(at.tabs)
  /** The exchanges of the question, each with its place in the list. */
  let rows = new Map()
  let selected

  function showEvents(exchange) {
    at.events.replaceChildren(...exchange.events.map(eventItem))
    at.none.hidden = exchange.events.length > 0
  }

  function select(exchange) {
    selected = exchange
    for (const [candidate, { choose }] of rows)
      choose.setAttribute('aria-pressed', `${candidate === exchange}`)
    at.request.textContent = requestText(exchange)
    showEvents(exchange)
  }

  function update(exchange) {
    const row = rows.get(exchange)
    if (!row) return
    row.status.textContent = exchange.status ?? '…'
    row.item.dataset.state =
      exchange.failure || exchange.status >= 400 ? 'failed' : exchange.time ? 'done' : 'open'
    row.outcome.textContent = outcomeOf(exchange)
  }

  function copyText() {
    const panel = tabs.panel()
    if (panel !== at['view-events']) return panel.textContent.trim()
    return (selected?.events ?? []).map(event => event.text).join('\n\n')
  }

  async function copy() {
    // A page that did not come over https, or from this machine, has no clipboard.
    const copied = await navigator.clipboard?.writeText(copyText()).then(
      () => 'Copied',
      () => undefined,
    )
    at.copied.textContent = copied ?? 'The browser does not let this page copy'
    setTimeout(() => {
      at.copied.textContent = ''
    }, 2000)
  }
  at.copy.addEventListener('click', () => void copy())

  return {
    /** Begins with a new question. */
    clear() {
      rows = new Map()
      selected = undefined
      at.exchanges.replaceChildren()
      at.events.replaceChildren()
      at.none.hidden = false
    },
    showCode(code) {
      at.code.textContent = code
    },
    /** Takes up an exchange that begins, and follows it. */
    add(exchange) {
      const status = element('span', 'status')
      const outcome = element('span', 'outcome')
      const choose = button('exchange', '', () => select(exchange))
      choose.append(element('span', 'number', `${exchange.number}`), status, outcome)
      const item = element('li', '', choose)
      rows.set(exchange, { item, choose, status, outcome })
      at.exchanges.append(item)
      update(exchange)
      select(exchange)
      item.scrollIntoView({ block: 'nearest' })
    },
    update,
    addEvent(exchange, event) {
      update(exchange)
      if (exchange !== selected || exchange.count > exchange.events.length) return
      const view = at['view-events']
      const atEnd = view.scrollHeight - view.scrollTop - view.clientHeight < 48
      at.none.hidden = true
      at.events.append(eventItem(event))
      if (atEnd) view.scrollTop = view.scrollHeight
    },
    /** Shows under the latest exchange why there will be another, and when. */
    addWait({ error, delay }) {
      const { item } = [...rows.values()].at(-1)
      item.append(element('p', 'wait', `${nameOf(error)} · again in ${seconds(delay)}`))
      item.scrollIntoView({ block: 'nearest' })
    },
    /** Ends the exchanges whose answers broke off: nothing else tells of it. */
    end() {
      for (const exchange of rows.keys()) {
        exchange.time ??= performance.now() - exchange.started
        update(exchange)
      }
    },
  }
}
