import { type Client, type ClientConfig, createClient } from '../../src/index.ts'
import { checkChatRequest } from '../../src/testing/check-chat.ts'
import { ServiceError } from '../../src/testing/service-error.ts'
import { bodyOf, bytesOf, chunk, sse } from '../support/frames.ts'

/** A call as a script writes it: its arguments are JSON already where they are a text. */
export interface ScriptedCall {
  readonly name: string
  readonly args?: unknown
  readonly id?: string
}

/** One answer of the model. */
export interface Scripted {
  readonly content?: string | null
  readonly calls?: readonly ScriptedCall[]
  readonly reasoning?: string
  readonly refusal?: string
  /** @default 'tool_calls' beside calls, else 'stop' */
  readonly finish?: string | null
  readonly usage?: object | null
  /** An error instead of an answer. */
  readonly status?: number
  readonly error?: object
  /** Of a stream: how many events come, before it ends, or falls silent. */
  readonly cut?: number
  readonly silent?: number
}

/** A request as the service got it: wire names. */
// biome-ignore lint/suspicious/noExplicitAny: each test knows the request that it looks at
export type Sent = any

export interface ScriptedService {
  readonly client: Client
  readonly requests: Sent[]
  /** Whether the request of this number has been given up. */
  readonly aborted: (index: number) => boolean
}

/** What services insist on and the fake model's rules do not: every call has its answer before anything else is said. */
export function unanswered(messages: readonly Sent[]): string[] {
  return messages.flatMap(({ tool_calls: calls }, at) => {
    if (!calls) return []
    const rest = messages.slice(at + 1)
    const end = rest.findIndex(({ role }) => role !== 'tool')
    const answers = (end < 0 ? rest : rest.slice(0, end)).map(({ tool_call_id: id }) => id)
    return calls.map(({ id }: Sent) => id).filter((id: string) => !answers.includes(id))
  })
}

/** The arguments in a history that vLLM and llama.cpp refuse: those that are no JSON of an object. */
function unreadable(messages: readonly Sent[]): string[] {
  const all: string[] = messages.flatMap(({ tool_calls: calls = [] }) =>
    calls.flatMap(({ function: called }: Sent) => called?.arguments ?? []),
  )
  return all.filter(json => {
    try {
      return JSON.parse(json).constructor !== Object
    } catch {
      return true
    }
  })
}

const PIECE = /[\s\S]{1,7}/g
const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }

const callsOf = ({ calls = [] }: Scripted, turn: number): Sent[] =>
  calls.map(({ name, args = {}, id }, place) => ({
    id: id ?? `call_${turn}_${place}`,
    type: 'function',
    function: { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
  }))

const finishOf = ({ finish, calls }: Scripted) =>
  finish === undefined ? (calls ? 'tool_calls' : 'stop') : finish

function whole(answer: Scripted, turn: number): object {
  const { content = answer.calls ? null : '', reasoning, refusal, usage = USAGE, calls } = answer
  const message = {
    role: 'assistant',
    content,
    ...(refusal && { refusal }),
    ...(reasoning && { reasoning_content: reasoning }),
    ...(calls && { tool_calls: callsOf(answer, turn) }),
  }
  const choices = [{ index: 0, message, finish_reason: finishOf(answer) }]
  return {
    id: `c${turn}`,
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices,
    ...(usage && { usage }),
  }
}

/** The same answer in pieces, the calls' taking turns. */
function streamed(answer: Scripted, turn: number): object[] {
  const { content, reasoning, refusal, usage = USAGE } = answer
  const pieces = (text: string | null | undefined) => text?.match(PIECE) ?? []
  const calls = callsOf(answer, turn)
  const heads = calls.map((call, index) =>
    chunk({ tool_calls: [{ ...call, index, function: { ...call.function, arguments: '' } }] }),
  )
  const bodies = calls.map((call, index) =>
    pieces(call.function.arguments).map((piece: string) =>
      chunk({ tool_calls: [{ index, function: { arguments: piece } }] }),
    ),
  )
  const longest = Math.max(0, ...bodies.map(({ length }) => length))
  return [
    chunk({ role: 'assistant', content: '' }),
    ...pieces(reasoning).map(piece => chunk({ reasoning_content: piece })),
    ...pieces(content).map(piece => chunk({ content: piece })),
    ...pieces(refusal).map(piece => chunk({ refusal: piece })),
    ...heads,
    ...Array.from({ length: longest }, (_, i) => bodies.flatMap(body => body[i] ?? [])).flat(),
    chunk({}, finishOf(answer)),
    ...(usage ? [{ ...chunk({}), choices: [], usage }] : []),
  ]
}

function respond(answer: Scripted, body: Sent, turn: number): Response {
  if (answer.status) {
    const { status, error = { message: `The script says ${status}`, code: null, param: null } } = answer
    return Response.json({ error }, { status })
  }
  if (!body.stream) return Response.json(whole(answer, turn))
  const { cut, silent } = answer
  const events = streamed(answer, turn)
    .slice(0, cut ?? silent)
    .map(event => sse(event))
  if (cut === undefined && silent === undefined) events.push(sse('[DONE]'))
  const { body: stream } = bodyOf(events.map(bytesOf), silent === undefined ? 'end' : 'silence')
  return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
}

/** A client of a service that keeps the real one's rules and answers as it is told, one answer a request. */
export function scripted(
  answers: readonly Scripted[] | ((body: Sent, index: number) => Scripted | Promise<Scripted>),
  config: ClientConfig = {},
): ScriptedService {
  const requests: Sent[] = []
  const signals: (AbortSignal | null | undefined)[] = []
  const client = createClient({
    baseUrl: 'https://service.test/v1',
    ...config,
    async fetch(_url, { body: text, signal }) {
      const index = requests.length
      const body = JSON.parse(String(text))
      requests.push(body)
      signals.push(signal)
      try {
        const camel = Object.keys(body).find(key => /[A-Z]/.test(key))
        if (camel) throw new ServiceError(400, `Unrecognized request argument supplied: ${camel}`)
        checkChatRequest(body)
        const open = unanswered(body.messages)
        if (open.length) throw new ServiceError(400, `tool_call_ids without an answer: ${open.join()}`)
        if (unreadable(body.messages).length) throw new ServiceError(400, 'Expecting property name')
      } catch (error) {
        if (error instanceof ServiceError) return Response.json(error.body, { status: error.status })
        throw error
      }
      const answer = typeof answers === 'function' ? await answers(body, index) : answers[index]
      if (!answer) throw new Error(`The script has no answer ${index}`)
      return respond(answer, body, index)
    },
  })
  return { client, requests, aborted: index => signals[index]?.aborted ?? false }
}
