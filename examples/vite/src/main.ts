// A conversation with a stop button. What had come when it was stopped, or cut, stays in the conversation.
//
//   LLM_API_KEY=sk-… npx vite

import {
  ChatCompletionStream,
  createClient,
  IncompleteStreamError,
  isLLMError,
  type Message,
  RateLimitError,
  retry,
  streamChatCompletion,
  TimeoutError,
  timeout,
} from 'llmfetch'

const client = createClient({
  baseUrl: '/api', // this page's own server: POST /api/chat/completions
  policies: [retry({ maxRetries: 2 }), timeout({ headers: 30_000, firstEvent: 30_000, idle: 30_000 })],
})

function find<T extends Element>(selector: string): T {
  const element = document.querySelector<T>(selector)
  if (!element) throw new Error(`The page has no ${selector}`)
  return element
}
const form = find<HTMLFormElement>('form')
const stopButton = find<HTMLButtonElement>('button[type=button]')
const list = find('ol')
const notice = find('[role=alert]')

function show(text: string): HTMLLIElement {
  const item = document.createElement('li')
  item.textContent = text
  list.append(item)
  return item
}

/** Words for a visitor. An error's own message is made for developers. */
function explain(error: unknown): string {
  if (!isLLMError(error)) throw error
  if (error instanceof RateLimitError) return 'Too many questions at once. Please wait a moment.'
  if (error instanceof TimeoutError) return 'The model took too long.'
  if (error instanceof IncompleteStreamError) return 'The answer broke off. Please ask again.'
  return error.retryable ? 'The model cannot answer right now.' : 'That did not work.'
}

const messages: Message[] = []

async function ask(content: string, stop: AbortController): Promise<void> {
  messages.push({ role: 'user', content })
  show(content)
  const item = show('')
  const request = { model: 'gpt-4.1-mini', messages }
  const stream = new ChatCompletionStream(streamChatCompletion(client, request, { signal: stop.signal }))
  try {
    for await (const text of stream.text()) item.append(text)
  } catch (error) {
    if (!stop.signal.aborted) notice.textContent = explain(error)
  }
  const message = stream.snapshot.choices[0]?.message
  if (message?.content) messages.push(message)
  else messages.pop()
}

form.addEventListener('submit', async event => {
  event.preventDefault()
  const content = String(new FormData(form).get('question'))
  const stop = new AbortController()
  stopButton.onclick = () => stop.abort()
  stopButton.disabled = false
  notice.textContent = ''
  form.reset()
  await ask(content, stop).finally(() => {
    stopButton.disabled = true
  })
})
