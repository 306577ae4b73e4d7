import type { ChatEvent } from '../chat/chat-events.ts'
import type { ChatCompletion, ToolCall } from '../chat/types.ts'
import { plainArguments } from './call-arguments.ts'
import type { Answered, EventOf } from './loop-types.ts'

/** A part of AI SDK's UI message stream. */
export interface UIPart {
  readonly type: string
  readonly [name: string]: unknown
}

/** What parts are made of: what happens in one answer, or in a run. */
export type UIEvent = ChatEvent | EventOf<Answered, unknown>

/** AI SDK's names for the reasons to finish, or to stop a run over Responses. It knows no others but `other`. */
const REASONS: { readonly [reason: string]: string } = {
  stop: 'stop',
  answer: 'stop',
  length: 'length',
  content_filter: 'content-filter',
  filter: 'content-filter',
  tool_calls: 'tool-calls',
  pending: 'tool-calls',
}

/** The call with its input, which is no JSON where the model wrote none, and anything where the tool is not a function. */
function partOf(call: ToolCall): UIPart {
  const { id, function: called, custom = call } = call
  const { type, name = type, input = null } = Object(custom)
  const part = { toolCallId: id, toolName: called?.name ?? name }
  if (!called) return { type: 'tool-input-available', ...part, input }
  try {
    return { type: 'tool-input-available', ...part, input: JSON.parse(plainArguments(called.arguments)) }
  } catch {
    const errorText = 'The model wrote no JSON'
    return { type: 'tool-input-error', ...part, input: called.arguments, errorText }
  }
}

/** The answer that an event has at its end. */
function completionOf(event: UIEvent): Partial<ChatCompletion> | undefined {
  if (event.type === 'step') return event.step.completion as Partial<ChatCompletion>
  if (event.type !== 'end') return undefined
  return 'run' in event ? (event.run.completion as Partial<ChatCompletion>) : event.completion
}

/** Begins a message. The function tells which parts an event adds to it. */
export function createUIParts(): (event: UIEvent) => readonly UIPart[] {
  /**
   * The calls of this step that the page knows: it refuses the result of another one, such as of a call that the history brought
   * along. Some services begin anew with their ids in each answer.
   */
  const known = new Set<string>()
  let isBegun = false
  let isInStep = false
  let open: string | undefined
  let count = 0

  return event => {
    const parts: UIPart[] = []
    const add = (type: string, more?: object) => parts.push({ type, ...more })
    const close = () => {
      if (open) add(`${open}-end`, { id: `${count}` })
      open = undefined
    }
    const write = (kind: 'text' | 'reasoning', delta: string) => {
      if (open !== kind) {
        close()
        open = kind
        add(`${kind}-start`, { id: `${++count}` })
      }
      add(`${kind}-delta`, { id: `${count}`, delta })
    }
    const call = (toolCall: ToolCall) => {
      close()
      if (!known.has(toolCall.id)) parts.push(partOf(toolCall))
      known.add(toolCall.id)
    }

    const { type } = event
    const completion = completionOf(event)
    const { message, finishReason } = completion?.choices?.[0] ?? {}
    if (!isBegun) add('start')
    isBegun = true
    if (!isInStep && !('run' in event)) {
      add('start-step')
      isInStep = true
    }
    if (type === 'text' || type === 'reasoning') write(type, event.delta)
    else if (type === 'toolCall') call(event.toolCall)
    else if (type === 'toolResult') {
      const { toolCall, message: told, output = null } = event
      const toolCallId = toolCall.id
      call(toolCall)
      if ('failed' in event) add('tool-output-error', { toolCallId, errorText: told.content })
      else add('tool-output-available', { toolCallId, output })
    } else if (isInStep) {
      if (message?.refusal) write('text', message.refusal)
      close()
      add('finish-step')
      known.clear()
      isInStep = false
    }
    if (type === 'end') {
      const reason = finishReason ?? ('run' in event && event.run.stopped)
      add('finish', { finishReason: REASONS[`${reason}`] ?? 'other' })
    }
    return parts
  }
}
