import { fork } from 'node:child_process'
import { once } from 'node:events'

/**
 * Runs a module as a process of its own, and asks it things, one at a time: it answers each message with
 * `{ value }` or `{ error }`. Its first message says that it is ready.
 */
export async function startWorker(url, args = [], options = {}) {
  const child = fork(url, args, { serialization: 'advanced', ...options })
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${url.pathname.split('/').at(-1)} ${args.join(' ')} ended with ${signal ?? code}`)
  })
  ended.catch(() => {})
  const answer = async () => {
    const [message] = await Promise.race([once(child, 'message'), ended])
    if ('error' in message) throw new Error(message.error)
    return message.value
  }
  const ready = await answer()
  return {
    ready,
    ask(question) {
      child.send(question)
      return answer()
    },
    stop() {
      child.kill()
    },
  }
}

/** The other side of it. */
export function answerAll(ready, answer) {
  process.on('message', async question => {
    try {
      process.send({ value: await answer(question) })
    } catch (error) {
      process.send({ error: error?.stack ?? String(error) })
    }
  })
  // Who started it may be gone without a word.
  process.on('disconnect', () => process.exit())
  process.send({ value: ready })
}
