// The page. The conversation, and the key of the answer that is under way, are kept where a reload and a second tab find them.

import { createClient, isLLMError, resume, streamChatCompletion, textStream, timeout } from 'llmfetch'

const find = selector => document.querySelector(selector)
const [login, ask, stop] = ['#login', '#ask', '#stop'].map(find)

/** `{ messages, key }`: with a key, the last answer is still to come, or to be read again. */
const load = () => JSON.parse(localStorage.getItem('chat') ?? '{"messages":[]}')
const save = chat => localStorage.setItem('chat', JSON.stringify(chat))
const say = text => {
  find('#status').textContent = text
}

// A relay is never silent for longer than 15 seconds: after 45 the line is dead, whatever the system thinks of it.
const onResume = ({ attempt }) => say(`The line broke. Trying to go on … (${attempt})`)
const client = createClient({
  baseUrl: '/api/v1',
  fetch: resume({ onResume })(timeout({ idle: 45_000 })(fetch)),
})

let model
/** The key of the answer that this tab shows. */
let shown

function show({ messages }, answer) {
  const entries = messages.map(({ role, content }) =>
    Object.assign(document.createElement('li'), { className: role, textContent: content }),
  )
  if (answer) entries.push(answer)
  find('#messages').replaceChildren(...entries)
}

function explain(error) {
  if (!isLLMError(error)) return `${error}`
  if (error.code === 'tokens_used_up')
    return 'Your tokens of today are used up. There are more after midnight UTC.'
  if (error.name === 'RateLimitError') return 'Too many questions at once. Please wait a moment.'
  if (error.code === 'stopped') return 'Stopped.'
  return error.code === 'stream_gone'
    ? 'The answer is not there any more. Please ask again.'
    : `That did not work: ${error.name}`
}

/** Shows the answer that the kept key names, from its start: the relay asks the model only if nobody has. */
async function read() {
  const { messages, key } = load()
  if (!key || key === shown) return
  shown = key
  stop.disabled = false
  const answer = Object.assign(document.createElement('li'), { className: 'assistant' })
  show({ messages }, answer)
  say('')
  try {
    const stream = streamChatCompletion(client, { model, messages }, { idempotencyKey: key })
    for await (const text of textStream(stream)) {
      answer.append(text)
      say('')
    }
  } catch (error) {
    say(explain(error))
  }
  // Another tab may have been faster, or have gone on.
  const chat = load()
  if (chat.key === key) {
    if (answer.textContent) chat.messages.push({ role: 'assistant', content: answer.textContent })
    save({ messages: chat.messages })
  }
  stop.disabled = true
  shown = undefined
  read()
}

ask.addEventListener('submit', event => {
  event.preventDefault()
  const chat = load()
  if (chat.key) return
  chat.messages.push({ role: 'user', content: ask.question.value })
  save({ ...chat, key: crypto.randomUUID() })
  ask.question.value = ''
  read()
})

// Leaving is not stopping: to close the tab ends nothing, this does.
stop.addEventListener('click', () => {
  fetch('/api/v1/chat/completions', { method: 'DELETE', headers: { 'idempotency-key': load().key } })
})

find('#clear').addEventListener('click', () => {
  if (load().key) return
  localStorage.removeItem('chat')
  show(load())
  say('')
})

// What another tab asks is shown here, too.
addEventListener('storage', () => {
  if (load().key) read()
  else if (!shown) show(load())
})

login.addEventListener('submit', async event => {
  event.preventDefault()
  await fetch('/api/login', { method: 'POST', body: JSON.stringify({ name: login.elements.name.value }) })
  start()
})

async function start() {
  const settings = await (await fetch('/api/settings')).json()
  model = settings.model
  login.hidden = !!settings.user
  ask.hidden = !settings.user
  show(load())
  if (settings.user) read()
}

start()
