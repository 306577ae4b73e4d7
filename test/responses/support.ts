import type { Client, ClientConfig, IncompleteStreamError, LLMError } from '../../src/index.ts'
import type { ResponseEvent } from '../../src/responses/index.ts'
import { clientOf } from '../client/harness.ts'

/** A response on the wire. */
export function wireResponse(
  status: string,
  output: readonly object[] = [],
  more: object = {},
): Record<string, unknown> {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status,
    model: 'fake-small',
    output,
    error: null,
    incomplete_details: null,
    tools: [],
    metadata: { user_id: 'a_b' },
    ...more,
  }
}

export function message(text: string, status = 'completed'): object {
  const content = [{ type: 'output_text', text, annotations: [] }]
  return { id: 'msg_1', type: 'message', role: 'assistant', status, content }
}

/** Events with the numbers that the service gives them. */
export function numbered(...events: readonly object[]): object[] {
  return events.map((event, index) => ({ sequence_number: index, ...event }))
}

/** The wire's text of events, each with its name and its data as OpenAI sends them. */
export function sseOf(events: readonly object[]): string {
  return events
    .map(event => `event: ${(event as { type?: string }).type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('')
}

const place = { item_id: 'msg_1', output_index: 0, content_index: 0 }

/** The events of an answer of a few words. */
export const helloEvents: readonly object[] = numbered(
  { type: 'response.created', response: wireResponse('in_progress') },
  { type: 'response.in_progress', response: wireResponse('in_progress') },
  {
    type: 'response.output_item.added',
    output_index: 0,
    item: { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] },
  },
  { type: 'response.content_part.added', ...place, part: { type: 'output_text', text: '', annotations: [] } },
  { type: 'response.output_text.delta', ...place, delta: 'Hel', logprobs: [] },
  { type: 'response.output_text.delta', ...place, delta: 'lo – ä', logprobs: [] },
  { type: 'response.output_text.done', ...place, text: 'Hello – ä', logprobs: [] },
  {
    type: 'response.content_part.done',
    ...place,
    part: { type: 'output_text', text: 'Hello – ä', annotations: [] },
  },
  { type: 'response.output_item.done', output_index: 0, item: message('Hello – ä') },
  { type: 'response.completed', response: wireResponse('completed', [message('Hello – ä')]) },
)

const encoder = new TextEncoder()

/** A body of these bytes that stays open after them, ends, or breaks. */
export function bodyOf(
  pieces: readonly (string | Uint8Array<ArrayBuffer>)[],
  then: 'end' | 'stay open' | 'break' = 'end',
): ReadableStream<Uint8Array> {
  let index = 0
  return new ReadableStream({
    pull(controller) {
      const piece = pieces[index++]
      if (piece !== undefined) controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece)
      else if (then === 'end') controller.close()
      else if (then === 'break') controller.error(new TypeError('terminated'))
      else return new Promise(() => {})
    },
  })
}

export function streamOf(...body: Parameters<typeof bodyOf>): Response {
  return new Response(bodyOf(...body), {
    headers: { 'content-type': 'text/event-stream', 'x-request-id': 'req_1' },
  })
}

/** A client that answers each request with the next of these, and what it was asked. */
export function scripted(
  answers: readonly (() => Response | Promise<Response>)[],
  config?: ClientConfig,
): { client: Client; asked: string[] } {
  const asked: string[] = []
  const client = clientOf(async (url, init) => {
    const answer = answers[asked.length]
    asked.push(`${init.method} ${url.replace('https://api.test/v1', '')}`)
    if (!answer) throw new Error('Nobody expected this request')
    return answer()
  }, config)
  return { client, asked }
}

export interface Outcome {
  readonly events: ResponseEvent[]
  readonly error: (LLMError & Pick<IncompleteStreamError, 'resumeAfter'>) | undefined
}

/** Reads a stream to whatever end it has. */
export async function read(stream: AsyncIterable<ResponseEvent>): Promise<Outcome> {
  const events: ResponseEvent[] = []
  try {
    for await (const event of stream) events.push(event)
  } catch (error) {
    return { events, error: error as IncompleteStreamError }
  }
  return { events, error: undefined }
}

export const types = ({ events }: Outcome): string[] =>
  events.map(({ type }) => type.replace('response.', ''))
