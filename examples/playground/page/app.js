// Wires the page: what is typed and pressed goes to `ask`, what comes back goes to the observer.

import { createAnnouncer } from './announcer.js'
import { ask, readOffer } from './ask.js'
import { codeFor } from './code.js'
import { createControls } from './controls.js'
import { createFigures } from './figures.js'
import { createInspector } from './inspector.js'
import { createObserver } from './observer.js'
import { errorMessage, userMessage } from './view.js'
import { messageOf, nameOf } from './words.js'

const at = Object.fromEntries([...document.querySelectorAll('[id]')].map(element => [element.id, element]))
const announcer = createAnnouncer(at.announcer)
const controls = createControls(at)
const inspector = createInspector(at)

/** The conversation so far, as the model gets it. */
let messages = []
/** Ends the answer that is on its way, while there is one. */
let running

/** Follows the answer, unless the reader has scrolled away from its end. */
let following = true
at.scroll.addEventListener('scroll', () => {
  following = at.scroll.scrollHeight - at.scroll.scrollTop - at.scroll.clientHeight < 48
})
function follow() {
  if (following) at.scroll.scrollTop = at.scroll.scrollHeight
}

function show(item) {
  at.welcome.hidden = true
  at.messages.append(item)
  follow()
}

const page = { show, follow, showMeter: createFigures(at), announcer, inspector }

function setRunning(controller) {
  const hadFocus = document.activeElement === at.stop
  running = controller
  at.stop.hidden = !controller
  at.send.hidden = !!controller
  if (hadFocus) at.prompt.focus()
}

/** Asks with what is in `messages`. */
async function answer(settings) {
  const controller = new AbortController()
  const { signal } = controller
  const conversation = messages
  const start = { messages: messages.length, items: at.messages.childElementCount }
  const question = { ...settings, messages: [...messages] }
  const observer = createObserver(settings.model, page, said => conversation.push(...said))
  following = true
  inspector.clear()
  inspector.showCode(codeFor(question))
  setRunning(controller)
  try {
    await ask({ ...question, signal }, observer)
  } catch (error) {
    if (signal.aborted) {
      observer.onStop()
      announcer.say('Stopped')
    } else fail(error, observer, start)
  } finally {
    if (running === controller) {
      inspector.end()
      setRunning(undefined)
    }
  }
}

function fail(error, observer, start) {
  const hadText = observer.hasPart
  observer.onError(error)
  const onRetry = () => {
    const settings = running ? undefined : controls.read()
    if (!settings) return
    messages.length = start.messages
    while (at.messages.childElementCount > start.items) at.messages.lastElementChild.remove()
    at.prompt.focus()
    void answer(settings)
  }
  show(errorMessage(error, { hadText, onRetry }))
}

function send(text) {
  const settings = running || !text || at.model.disabled ? undefined : controls.read()
  if (!settings) return
  messages.push({ role: 'user', content: text })
  show(userMessage(text))
  at.prompt.value = ''
  void answer(settings)
}

function clear() {
  running?.abort()
  messages = []
  at.messages.replaceChildren()
  at.welcome.hidden = false
  at.prompt.focus()
}

async function begin() {
  try {
    controls.offer(await readOffer())
    for (const { dataset, parentElement } of at.welcome.querySelectorAll('[data-prompt]'))
      parentElement.hidden = !controls.has(dataset)
  } catch (error) {
    at.model.replaceChildren(new Option('No models'))
    show(errorMessage(error, { hadText: false, onRetry: () => location.reload() }))
    announcer.say(`${nameOf(error)}: ${messageOf(error)}`)
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
at.inside.addEventListener('click', () => {
  const open = document.body.classList.toggle('inside')
  at.inside.setAttribute('aria-expanded', `${open}`)
})
at.welcome.addEventListener('click', ({ target }) => {
  if (!target.dataset.prompt) return
  controls.choose(target.dataset)
  at.prompt.focus()
  send(target.dataset.prompt)
})

at.prompt.focus()
void begin()
