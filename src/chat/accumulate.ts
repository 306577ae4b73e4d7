import type { Fold } from '../stream/folded-stream.ts'
import { copyJson, type Json, noteSent, setMember } from '../wire/names.ts'
import { usageOf } from '../wire/usage.ts'
import { checkIndex } from './check-index.ts'
import { contentParts, joinBlocks, mergeFields } from './quirks.ts'
import { foldToolCall, type OpenToolCall, toToolCall } from './tool-calls.ts'
import type { ChatCompletion, ChatCompletionChunk, Choice, ChunkChoice, Delta, Usage } from './types.ts'

interface OpenChoice {
  readonly index: number
  text: string
  /** The content in parts, where the service sends it so. */
  parts?: Json[] | undefined
  finishReason: Choice['finishReason']
  readonly toolCalls: OpenToolCall[]
  /** What else the service sends of the message and of the choice. */
  readonly message: Json
  readonly extras: Json
}

// What is not a vendor's.
const DELTA_FIELDS = ['role', 'content', 'toolCalls', 'index']
const CHOICE_FIELDS = ['index', 'delta', 'finishReason', 'usage']
// `obfuscation` is noise that hides an event's length from who watches the network.
const CHUNK_FIELDS = ['choices', 'usage', 'object', 'obfuscation']

function addDelta(choice: OpenChoice, delta: Delta): void {
  const { content, toolCalls } = delta
  const parts = contentParts(delta)
  if (parts || choice.parts) {
    choice.parts ??= choice.text ? [{ type: 'text', text: choice.text }] : []
    joinBlocks(choice.parts, parts ?? (content ? [{ type: 'text', text: content }] : []))
  }
  if (content) choice.text += content
  if (toolCalls) for (const piece of toolCalls) foldToolCall(choice.toolCalls, piece)
  mergeFields(choice.message, delta, DELTA_FIELDS)
}

function toChoice(choice: OpenChoice, ended: boolean): Choice {
  const { index, text, parts, finishReason, toolCalls } = choice
  const message = {
    role: 'assistant' as const,
    content: text || (toolCalls.length ? null : ''),
    ...copyJson(choice.message),
    ...(toolCalls.length && { toolCalls: toolCalls.map((call, index) => toToolCall(call, index, ended)) }),
  }
  if (parts?.length) noteSent(message, 'content', copyJson(parts))
  // Perplexity repeats the message so far beside each delta.
  return { ...copyJson(choice.extras), index, message, finishReason }
}

/** Folds the chunks of a stream into the completion that they are pieces of. */
export function createAccumulator(): Fold<ChatCompletionChunk, ChatCompletion> {
  const choices = new Map<number, OpenChoice>()
  const top: Json = {}
  let usage: Usage | undefined

  function addChoice(piece: ChunkChoice): void {
    const { delta, finishReason } = piece
    const index = checkIndex(piece.index) ?? 0
    const choice = choices.get(index) ?? {
      index,
      text: '',
      finishReason: null,
      toolCalls: [],
      message: {},
      extras: {},
    }
    choices.set(index, choice)
    addDelta(choice, delta ?? {})
    choice.finishReason = finishReason || choice.finishReason
    mergeFields(choice.extras, piece, CHOICE_FIELDS)
  }

  return {
    add(chunk) {
      for (const choice of chunk.choices ?? []) addChoice(choice)
      // Counts are totals, so the last ones count.
      usage = (usageOf(chunk) as Usage | undefined) ?? usage
      for (const key of Object.keys(chunk)) {
        if (CHUNK_FIELDS.includes(key)) continue
        const value = chunk[key]
        // The first chunk of some services has these empty, and later ones may differ.
        if (key === 'id' || key === 'model' || key === 'created') top[key] ||= value
        else if (value !== top[key] && (value != null || top[key] == null)) setMember(top, key, value)
      }
    },
    result(ended) {
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
    },
  }
}
