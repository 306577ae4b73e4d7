// Shows one question's answers as `ask` tells of them. Each answer has its own message, meter and end.

import { describe } from './figures.js'
import { createMeter } from './meter.js'
import { answerMessage, remarkMessage, toolMessage } from './view.js'
import { messageOf, nameOf, seconds } from './words.js'

/**
 * @param model who is asked
 * @param page `show(item)`, `follow()`, `showMeter(meter, finish)`, `announcer`, `inspector`
 * @param onSaid takes the messages of a step, for the conversation
 */
export function createObserver(model, { show, follow, showMeter, announcer, inspector }, onSaid) {
  const tools = new Map()
  let answer
  let meter
  let timer
  let text = ''
  let hasObject = false
  let attempts = 0
  let countdown

  function begin() {
    meter = createMeter()
    answer = answerMessage(model)
    text = ''
    hasObject = false
    attempts = 0
    show(answer.item)
    showMeter(meter)
    timer = setInterval(() => showMeter(meter), 100)
  }

  function end(finish, remark, cut) {
    clearInterval(timer)
    clearInterval(countdown)
    announcer.flush()
    meter?.end()
    const tries = attempts > 1 && `${attempts} attempts`
    answer?.end([remark, tries, ...(meter ? describe(meter) : [])].filter(Boolean).join(' · '), cut)
    if (meter) showMeter(meter, finish)
    answer = undefined
    follow()
  }

  /** Adds the part of an answer that goes no further to the conversation. */
  function keepPart() {
    if (text) onSaid([{ role: 'assistant', content: text }])
  }

  /** Counts a wait down, in the message that it holds up. */
  function showWait(words, delay) {
    const over = performance.now() + delay
    const tell = () =>
      answer?.note(`${words}. Next in ${(Math.max(0, over - performance.now()) / 1000).toFixed(1)} s`)
    clearInterval(countdown)
    countdown = setInterval(tell, 100)
    tell()
  }

  return {
    /** True once there is a part of an answer to keep. */
    get hasPart() {
      return !!text || hasObject
    },
    onExchange(exchange) {
      clearInterval(countdown)
      if (!answer) begin()
      attempts++
      answer.note(attempts > 1 ? `Attempt ${attempts}` : '')
      inspector.add(exchange)
      follow()
    },
    onChange: exchange => inspector.update(exchange),
    onEvent(exchange, event) {
      meter.see(event.text)
      inspector.addEvent(exchange, event)
    },
    onWait({ attempt, error, delay }) {
      const words = `Attempt ${attempt}: ${nameOf(error)}${error.status ? ` ${error.status}` : ''}`
      showWait(words, delay)
      inspector.addWait({ error, delay })
      announcer.say(`${words}. Tries again in ${seconds(delay)}.`)
      follow()
    },
    onText(piece) {
      text += piece
      answer.add(piece)
      announcer.add(piece)
      follow()
    },
    onThought(piece) {
      if (!text) answer.think(piece)
      follow()
    },
    onObject(value) {
      hasObject = true
      answer.show(value)
      follow()
    },
    onToolCall(call) {
      answer.settle()
      const shown = toolMessage(call)
      tools.set(call.id, shown)
      show(shown.item)
      announcer.say(`Tool call: ${call.function.name} ${call.function.arguments}`)
    },
    onToolResult({ toolCall, message, failed }) {
      tools.get(toolCall.id).result(message.content, !!failed)
      announcer.say(`Returned: ${message.content}`)
      follow()
    },
    onStep({ completion, messages }) {
      answer.name(completion.model || model)
      if (hasObject) announcer.say('The object is complete.')
      onSaid(messages)
      end(completion.choices[0].finishReason ?? 'nothing')
    },
    onTooManySteps() {
      const words = 'The tools were called too often, so no more was asked.'
      show(remarkMessage(words))
      announcer.say(words)
    },
    onStop() {
      keepPart()
      end('you', 'Stopped', true)
    },
    onError(error) {
      keepPart()
      end(nameOf(error), '', true)
      announcer.say(`${nameOf(error)}: ${messageOf(error)}`)
    },
  }
}
