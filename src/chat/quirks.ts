import { isObject, type Json, noteSent, sentOf, setMember, toWire } from '../wire/names.ts'

/**
 * Where services differ in what a message or a delta holds. Plain answers, the reader of streams and the fold read them here,
 * so that all views of an answer agree.
 */

/** Whether a part of the content is of thinking. */
const THINKING = /thinking|reasoning/

/** Joins what is said in a list of parts. */
export function textOf(parts: readonly Json[]): string {
  return parts
    .map(part => (typeof part?.text === 'string' && !THINKING.test(part.type as string) ? part.text : ''))
    .join('')
}

/** Reads a piece of a block in the block's own form: Portkey sends `{ index, delta }`, and a type only in whole answers. */
function unwrap(piece: unknown): unknown {
  const { delta, index } = Object(piece)
  if (!isObject(delta)) return piece
  const type = delta.data ? 'redacted_thinking' : ['text', 'thinking'].find(name => name in delta)
  // The index tells pieces apart, and stands in no whole answer.
  return Object.defineProperty({ type, ...delta }, 'index', { value: index })
}

/** Joins what is thought in a list of parts. Where it holds other things too, the parts' types tell. */
function thinkingOf(parts: unknown, isAll = false): string {
  return [parts]
    .flat()
    .map(part => {
      const { type, thinking, summary, text, reasoning } = Object(unwrap(part))
      if (!isAll && !THINKING.test(type)) return ''
      const thoughts = thinking ?? summary ?? reasoning ?? text ?? ''
      return Array.isArray(thoughts) ? textOf(thoughts) : `${thoughts}`
    })
    .join('')
}

/** The parts that a service sent as the content, where it was a list. */
export function contentParts(message: object): readonly Json[] | undefined {
  return sentOf(message as Json, 'content')?.sent as readonly Json[] | undefined
}

/**
 * Reads a message or a delta in the one form that the types promise: its content as a text, where a service sent a number
 * (Workers AI), an object that a schema asked for, or a list of parts (Mistral, Databricks), and a tool call's arguments as JSON,
 * where it sent an object (TGI). Parts are noted, so that they go back as they came.
 */
export function readMessage(message: Json): void {
  const { content, toolCalls } = message
  if (Array.isArray(content)) {
    message.content = textOf(content)
    noteSent(message, 'content', content)
  } else if (typeof (content ?? '') !== 'string')
    message.content = JSON.stringify(toWire({ content }).content)
  if (!Array.isArray(toolCalls)) return
  for (const { function: call } of toolCalls as { function?: Json }[])
    if (isObject(call?.arguments)) call.arguments = JSON.stringify(call.arguments)
}

/** The names under which services send thinking as a text. */
const REASONING_KEY = /^reasoning(Content|Text)?$/

/**
 * Reads the thinking in a message or a delta, whatever the service calls it: `reasoning_content` (DeepSeek), `reasoning`
 * (OpenRouter, Groq), `reasoning_text` (Copilot), parts of the content (Mistral), `reasoning_details`, `content_blocks` (Portkey).
 * Empty where there is none.
 *
 * @example
 * const { message } = (await createChatCompletion(client, request)).choices[0]
 * console.log(reasoningText(message), message.content)
 */
export function reasoningText(message: object): string {
  const fields = message as Json
  let text = ''
  for (const key of Object.keys(fields)) {
    const value = REASONING_KEY.test(key) && fields[key]
    const said = typeof value === 'string' ? value : thinkingOf(value, true)
    // Some services send it under two names at once, and some change the name in the middle of a stream.
    if (!text.startsWith(said)) text += said
  }
  if (text) return text
  const { reasoningDetails, thinkingBlocks, contentBlocks } = fields
  const mixed = [contentParts(message), contentBlocks].map(parts => thinkingOf(parts))
  return mixed.find(Boolean) ?? (thinkingOf(reasoningDetails, true) || thinkingOf(thinkingBlocks, true))
}

/**
 * Joins pieces of blocks onto a list, as the service itself joins them in a whole answer: `reasoning_details`, `thinking_blocks`
 * and parts of the content. Sent back piece by piece, a signed block is refused. A piece goes on with the last block where type and
 * index are the same, until a signature has sealed it.
 */
export function joinBlocks(blocks: Json[], pieces: readonly unknown[]): void {
  for (const given of pieces) {
    const piece = unwrap(given)
    const block = blocks.at(-1)
    if (!isObject(piece)) {
      blocks.push(piece as Json)
      continue
    }
    const goesOn = isObject(block) && !block.signature && (piece.type ?? block.type) === block.type
    if (goesOn && piece.index === block.index) joinFields(block, piece)
    else blocks.push(piece === given ? joinFields({}, piece) : piece)
  }
}

function joinFields(block: Json, piece: Json): Json {
  for (const key of Object.keys(piece)) {
    const value = piece[key]
    const before = block[key]
    if (Array.isArray(value)) {
      const list: Json[] = Array.isArray(before) ? before : []
      block[key] = list
      joinBlocks(list, value)
    } else if (typeof before === 'string' && /^(text|thinking|summary)$/.test(key))
      block[key] = before + (value ?? '')
    else if ((value ?? '') !== '' || before === undefined) block[key] = value
  }
  return block
}

/** Fields whose pieces make one text, one object, one list of blocks. */
const TEXTS = /^(reasoning(Content|Text)?|refusal|data|transcript|arguments)$/
const OBJECTS = /^(audio|functionCall|logprobs)$/
const BLOCKS = /^(reasoningDetails|thinkingBlocks|contentBlocks)$/

/**
 * Takes over a vendor's fields: lists and the pieces of a text go on, of anything else the last that is not null counts. What
 * goes on is a copy, as the chunk is the caller's.
 *
 * It runs for each chunk: to collect what is not `known` into an object of its own would take as long as all the rest.
 */
export function mergeFields(target: Json, source: Json, known?: readonly string[]): Json {
  for (const key of Object.keys(source)) {
    if (known?.includes(key)) continue
    const value = source[key]
    const before = target[key]
    if ((value ?? '') === '' && before !== undefined) continue
    if (Array.isArray(value)) {
      const list: unknown[] = Array.isArray(before) ? before : []
      if (list !== before) setMember(target, key, list)
      if (BLOCKS.test(key)) joinBlocks(list as Json[], value)
      else for (const item of value) list.push(item)
    } else if (typeof before === 'string' && TEXTS.test(key)) setMember(target, key, before + value)
    else if (isObject(value) && OBJECTS.test(key))
      setMember(target, key, mergeFields(isObject(before) ? before : {}, value))
    else if (value !== before) setMember(target, key, value)
  }
  return target
}
