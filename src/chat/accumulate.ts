import { checkIndex } from './check-index.ts'
import { readContent } from './content.ts'
import { setField } from './set-field.ts'
import { addToolCall, type OpenToolCall, toToolCall } from './tool-calls.ts'
import type { ChatCompletion, ChatCompletionChunk, Choice, ChunkChoice, Delta, Usage } from './types.ts'

type Fields = { [key: string]: unknown }

interface OpenChoice {
  readonly index: number
  text: string
  reasoning: string
  finishReason: string | null
  readonly toolCalls: OpenToolCall[]
  /** Vendor fields of the message and of the choice. */
  readonly message: Fields
  readonly extras: Fields
}

/** Folds the chunks of a stream into the completion that they are pieces of. */
export interface Accumulator {
  add(chunk: ChatCompletionChunk): void
  /** What has arrived so far. @throws {ProtocolError} where the stream has `ended` without a tool call's name */
  completion(ended: boolean): ChatCompletion
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

/** What is not a vendor's. */
const DELTA_FIELDS = new Set(['role', 'content', 'toolCalls', 'reasoning', 'reasoningContent', 'index'])
const CHOICE_FIELDS = new Set(['index', 'delta', 'finishReason', 'usage'])
// `obfuscation` is noise that hides an event's length from who watches the network.
const CHUNK_FIELDS = new Set(['choices', 'usage', 'object', 'obfuscation'])
const NONE = new Set<string>()

/**
 * Takes over a vendor's fields: lists and the pieces of a text go on, of anything else the last that is not null counts. What
 * goes on is a copy, as the chunk is the caller's.
 *
 * It runs for each chunk: to collect what is not `known` into an object of its own would take as long as all the rest.
 */
function mergeFields(target: Fields, source: Fields, known: ReadonlySet<string> = NONE): Fields {
  for (const key of Object.keys(source)) {
    if (known.has(key)) continue
    const value = source[key]
    const before = target[key]
    if (value == null && before !== undefined) continue
    if (Array.isArray(value)) {
      if (!Array.isArray(before)) setField(target, key, [...value])
      else for (const item of value) before.push(item)
    } else if (typeof before === 'string' && /^(refusal|data|transcript|arguments)$/.test(key))
      setField(target, key, before + value)
    else if (isObject(value) && /^(audio|functionCall|logprobs)$/.test(key))
      setField(target, key, mergeFields(isObject(before) ? before : {}, value))
    else if (value !== before) setField(target, key, value)
  }
  return target
}

function addDelta(choice: OpenChoice, delta: Delta): void {
  const { content, toolCalls, reasoning, reasoningContent } = delta
  const said = readContent(content)
  choice.text += said.text
  // Some services send both spellings, with the same text.
  if (typeof reasoning === 'string' && reasoning) choice.reasoning += reasoning
  else if (typeof reasoningContent === 'string' && reasoningContent) choice.reasoning += reasoningContent
  else choice.reasoning += said.reasoning
  if (toolCalls) for (const piece of toolCalls) addToolCall(choice.toolCalls, piece)
  mergeFields(choice.message, delta, DELTA_FIELDS)
}

function toChoice(choice: OpenChoice, ended: boolean): Choice {
  const { index, text, reasoning, finishReason, toolCalls } = choice
  // The lists in them still grow.
  const { message, extras } = structuredClone({ message: choice.message, extras: choice.extras })
  return {
    // Perplexity repeats the message so far beside each delta.
    ...extras,
    index,
    message: {
      role: 'assistant',
      content: text || (toolCalls.length ? null : ''),
      ...message,
      ...(reasoning && { reasoning }),
      ...(toolCalls.length && { toolCalls: toolCalls.map((call, place) => toToolCall(call, place, ended)) }),
    },
    finishReason,
  }
}

export function createAccumulator(): Accumulator {
  const choices = new Map<number, OpenChoice>()
  const top: Fields = {}
  let usage: Usage | null | undefined

  function addChoice(piece: ChunkChoice): void {
    const { delta, finishReason } = piece
    const index = checkIndex(piece.index) ?? 0
    let choice = choices.get(index)
    if (!choice) {
      choice = { index, text: '', reasoning: '', finishReason: null, toolCalls: [], message: {}, extras: {} }
      choices.set(index, choice)
    }
    addDelta(choice, delta ?? {})
    choice.finishReason = finishReason || choice.finishReason
    usage = (piece.usage as Usage | undefined) ?? usage
    mergeFields(choice.extras, piece, CHOICE_FIELDS)
  }

  function completion(ended: boolean): ChatCompletion {
    const list = [...choices.values()].sort((a, b) => a.index - b.index)
    return {
      id: '',
      created: 0,
      model: '',
      ...top,
      object: 'chat.completion',
      choices: list.map(choice => toChoice(choice, ended)) as ChatCompletion['choices'],
      ...(usage && { usage }),
    }
  }

  return {
    completion,
    add(chunk) {
      for (const choice of chunk.choices ?? []) addChoice(choice)
      // Counts are totals, so the last ones count; Groq hides them.
      usage = chunk.usage ?? (chunk.xGroq as { usage?: Usage } | null | undefined)?.usage ?? usage
      for (const key of Object.keys(chunk)) {
        if (CHUNK_FIELDS.has(key)) continue
        const value = chunk[key]
        // The first chunk of some services has these empty, and later ones may differ.
        if (key === 'id' || key === 'model' || key === 'created') top[key] ||= value
        else if (value !== top[key] && (value != null || top[key] == null)) setField(top, key, value)
      }
    },
  }
}
