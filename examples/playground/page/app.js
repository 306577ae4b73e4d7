// Wires the page: what is typed and pressed goes to `ask`, what comes back goes to the view.

import { createAnnouncer } from './announcer.js'
import { ask, listModelIds } from './ask.js'
import { drawPlot } from './plot.js'
import { answerMessage, errorMessage, toolMessage, userMessage } from './view.js'

const at = Object.fromEntries([...document.querySelectorAll('[id]')].map(element => [element.id, element]))
const announcer = createAnnouncer(at.announcer)

/** What was said, as the model gets it. */
let messages = []
/** Ends the answer that is on its way, while there is one. */
let running

function show(item) {
  at.welcome.hidden = true
  at.messages.append(item)
  scrollDown()
}

/** Follows the answer, unless the reader has scrolled away from its end. */
let following = true
at.scroll.addEventListener('scroll', () => {
  following = at.scroll.scrollHeight - at.scroll.scrollTop - at.scroll.clientHeight < 48
})
function scrollDown() {
  if (following) at.scroll.scrollTop = at.scroll.scrollHeight
}

const seconds = ms => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)

function showMeter(meter, finish = '–') {
  const { firstToken, rate, time, promptTokens, tokens, series } = meter.read()
  at.first.textContent = firstToken === undefined ? '–' : seconds(firstToken)
  at.rate.textContent = rate === undefined ? '–' : rate.toFixed(1)
  at.time.textContent = seconds(time)
  at.asked.textContent = promptTokens ?? '–'
  at.answered.textContent = tokens
  at.finish.textContent = finish
  const peak = series.length ? `peak ${Math.max(...series).toFixed(0)}` : ''
  at.peak.textContent = peak
  at.plot.setAttribute('aria-label', `Tokens a second over time: ${peak || 'nothing yet'}`)
  drawPlot(at.plot, series)
}

function note(meter) {
  const { firstToken, rate, tokens } = meter.read()
  const parts = [
    firstToken !== undefined && `first token ${seconds(firstToken)}`,
    tokens && `${tokens} tokens`,
    rate && `${rate.toFixed(1)} a second`,
  ]
  return parts.filter(Boolean).join(' · ')
}

/** Shows what `ask` tells. Each answer has its own message, meter and end. */
function createObserver(model) {
  const tools = new Map()
  let answer
  let meter
  let hasText = false
  let timer

  function end(finish, remark, cut) {
    clearInterval(timer)
    announcer.flush()
    answer?.end([remark, note(meter)].filter(Boolean).join(' · '), cut)
    if (meter) showMeter(meter, finish)
    scrollDown()
  }

  return {
    get hasText() {
      return hasText
    },
    onAnswer(next) {
      meter = next
      hasText = false
      answer = answerMessage(model)
      show(answer.item)
      showMeter(meter)
      timer = setInterval(() => showMeter(meter), 100)
    },
    onText(piece) {
      hasText = true
      answer.add(piece)
      announcer.add(piece)
      scrollDown()
    },
    onEnd: finish => end(finish),
    onToolCall(call) {
      const shown = toolMessage(call)
      tools.set(call, shown)
      show(shown.item)
      announcer.say(`Tool call: ${call.function.name} ${call.function.arguments}`)
    },
    onToolResult(call, content) {
      tools.get(call).result(content)
      announcer.say(`Returned: ${content}`)
      scrollDown()
    },
    onStop: () => end('you', 'Stopped', true),
    onError: error => end(error.name, '', true),
  }
}

function setRunning(controller) {
  const hadFocus = document.activeElement === at.stop
  running = controller
  at.stop.hidden = !controller
  at.send.hidden = !!controller
  if (hadFocus) at.prompt.focus()
}

/** Asks with what is in `messages`. */
async function answer() {
  const controller = new AbortController()
  const start = { messages: messages.length, items: at.messages.childElementCount }
  const conversation = messages
  const observer = createObserver(at.model.value)
  following = true
  setRunning(controller)
  try {
    const options = { model: at.model.value, offerTools: at.tools.checked, signal: controller.signal }
    await ask({ ...options, messages: conversation }, observer)
  } catch (error) {
    if (controller.signal.aborted) {
      observer.onStop()
      announcer.say('Stopped')
    } else fail(error, observer, start)
  } finally {
    if (running === controller) setRunning(undefined)
  }
}

function fail(error, observer, start) {
  observer.onError(error)
  const onRetry = () => {
    if (running) return
    messages.length = start.messages
    while (at.messages.childElementCount > start.items) at.messages.lastElementChild.remove()
    at.prompt.focus()
    void answer()
  }
  show(errorMessage(error, { hadText: observer.hasText, onRetry }))
  announcer.say(`${error.name}: ${error.message}`)
}

function send(text) {
  if (running || !text || at.model.disabled) return
  messages.push({ role: 'user', content: text })
  show(userMessage(text))
  at.prompt.value = ''
  void answer()
}

function clear() {
  running?.abort()
  messages = []
  at.messages.replaceChildren()
  at.welcome.hidden = false
  at.prompt.focus()
}

async function fillPicker() {
  try {
    const ids = await listModelIds()
    at.model.replaceChildren(...ids.map(id => new Option(id)))
    at.model.disabled = false
    // What can go wrong is shown where the model plays it.
    for (const button of at.welcome.querySelectorAll('[data-model]'))
      button.parentElement.hidden = !ids.includes(button.dataset.model)
  } catch (error) {
    at.model.replaceChildren(new Option('No models'))
    show(errorMessage(error, { hadText: false, onRetry: () => location.reload() }))
    announcer.say(`${error.name}: ${error.message}`)
  }
}

at.composer.addEventListener('submit', event => {
  event.preventDefault()
  send(at.prompt.value.trim())
})
at.prompt.addEventListener('keydown', event => {
  // While an input method composes a word, Enter chooses it.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  at.composer.requestSubmit()
})
document.addEventListener('keydown', event => {
  if (event.key === 'Escape') running?.abort()
})
at.stop.addEventListener('click', () => running?.abort())
at.clear.addEventListener('click', clear)
at.welcome.addEventListener('click', ({ target }) => {
  if (!target.dataset.prompt) return
  at.tools.checked = 'tools' in target.dataset
  at.model.value = target.dataset.model ?? at.model.value
  at.prompt.focus()
  send(target.dataset.prompt)
})

at.prompt.focus()
void fillPicker()
