import type { ContentPart } from '../chat/shapes.ts'
import type { ToolCall } from '../chat/types.ts'
import { noteArguments } from '../tools/call-arguments.ts'
import type { Dialect } from '../tools/run-loop.ts'
import type { ToolResult } from '../tools/types.ts'
import { outputText } from './output-text.ts'
import { toInputItems } from './to-input-items.ts'
import type { InputItem, ModelResponse } from './types.ts'

/** What items of all types have that calls, or that answer them, in either spelling. */
export interface AnyItem {
  readonly type?: string | undefined
  readonly id?: string | undefined
  readonly callId?: string | undefined
  readonly call_id?: string | undefined
  readonly approvalRequestId?: string | undefined
  readonly approval_request_id?: string | undefined
  readonly [name: string]: unknown
}

const isAnswer = ({ type = '' }: AnyItem): boolean => /_(output|response)$/.test(type)

/** The id of the call that an item answers. */
function answeredBy(item: AnyItem): string | undefined {
  return item.callId ?? item.call_id ?? item.approvalRequestId ?? item.approval_request_id ?? item.id
}

/** The call that an item is, where somebody here has to answer it: one of a function, or any other, which is the caller's. */
export function callOf(item: AnyItem): ToolCall | undefined {
  const { type = '', name, arguments: given } = item
  const isApproval = type === 'mcp_approval_request'
  // What the service runs itself has no id for an answer.
  const id = isApproval ? item.id : /_call$/.test(type) && (item.callId ?? item.call_id)
  if (!id) return undefined
  const isFunction = type === 'function_call'
  // Some services send an object.
  const json = Object(given) === given ? JSON.stringify(given) : given
  const call = isFunction ? { type: 'function', function: { name, arguments: json } } : item
  return { ...call, id } as ToolCall
}

/** A part of a chat's content in the words of Responses. What has no other words stays as it is. */
function toInputPart(part: ContentPart): object {
  if ('imageUrl' in part) {
    const { url: imageUrl, detail = 'auto' } = part.imageUrl as { readonly url: string; detail?: string }
    return { type: 'input_image', imageUrl, detail }
  }
  return 'file' in part ? { type: 'input_file', ...(part.file as object) } : part
}

function toOutput({ toolCall, message, attachments }: ToolResult): InputItem {
  const { content } = message
  const parts = attachments && [{ type: 'input_text', text: content }, ...attachments.map(toInputPart)]
  return { type: 'function_call_output', callId: toolCall.id, output: parts ?? content } as InputItem
}

function cutOf({ status, incompleteDetails }: ModelResponse): 'length' | 'filter' | undefined {
  if (status !== 'incomplete') return undefined
  return incompleteDetails?.reason === 'content_filter' ? 'filter' : 'length'
}

/** What the loop of tools asks about Responses. */
export const responseDialect: Dialect<ModelResponse, InputItem> = {
  none: { inputTokens: 0, outputTokens: 0, totalTokens: 0 } as NonNullable<ModelResponse['usage']>,

  said(response) {
    if (!response) return { items: [], text: '', cut: undefined }
    return { items: toInputItems(response), text: outputText(response), cut: cutOf(response) }
  },

  openCalls(items) {
    let open: ToolCall[] = []
    // In their order: some services begin anew with their ids in each answer.
    for (const item of items as readonly AnyItem[]) {
      const call = callOf(item)
      if (call) open.push(call)
      else if (isAnswer(item)) open = open.filter(({ id }) => id !== answeredBy(item))
    }
    return open
  },

  addResults(items, results) {
    items.push(...results.map(toOutput))
    noteArguments(items.filter(({ type }) => type === 'function_call'))
  },
}
