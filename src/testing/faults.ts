import { DONE } from './chat-json.ts'
import { isObject, parseBody } from './json.ts'
import { type Answer, jsonAnswer, type Part, textAnswer } from './parts.ts'
import { refuse, usualError } from './service-error.ts'
import type { FakeModelOptions, FakeRequest, Fault } from './types.ts'

/** The request header that asks for a fault: the JSON of a {@link Fault}. */
export const FAULT_HEADER = 'x-fake-fault'

/** What is to go wrong with the answer to the request of this number. Throws the 400 for a fault header that is not JSON. */
export function faultFor({ faults }: FakeModelOptions, request: FakeRequest, index: number): Fault {
  const header = request.headers[FAULT_HEADER]
  if (header !== undefined) {
    const fault = parseBody(header)
    if (!isObject(fault)) refuse(`Invalid '${FAULT_HEADER}': expected the JSON of a fault.`, FAULT_HEADER)
    return fault
  }
  if (typeof faults === 'function') return faults(request, index) ?? {}
  if (Array.isArray(faults)) return faults[index] ?? {}
  return (faults as Fault | undefined) ?? {}
}

const HTML =
  '<!DOCTYPE html>\n<html><head><title>Gateway</title></head><body><h1>This is not the service you asked for</h1></body></html>\n'
const NOT_JSON = '<<< not JSON >>>'
const BROKEN_EVENT = '{"id":"chatcmpl-broken","choices":[{"index":0,"delta":{"content":"this is cut o'

/** The answer that a fault puts in the place of the healthy one, if it does. */
export function replacement({ status, body, garbage, stall, reset }: Fault): Answer | undefined {
  // No answer is sent, so none needs to be made, and the user's `reply` is not asked for one.
  if (stall === 'headers' || reset === 'headers') return textAnswer(200, 'text/plain', '')
  if (garbage === 'html') return textAnswer(status ?? 200, 'text/html; charset=utf-8', HTML)
  if (typeof body === 'string') return textAnswer(status ?? 200, 'text/plain; charset=utf-8', body)
  if (body !== undefined) return jsonAnswer(status ?? 200, body)
  if (status === undefined || status < 300) return undefined
  return status < 400 ? textAnswer(status, 'text/plain', '') : jsonAnswer(status, usualError(status).body)
}

/** Gives the answer the fault's status and, where it is one JSON text, the fault's garbage. */
export function applyFault(answer: Answer, { status, garbage }: Fault): Answer {
  if (garbage === undefined || answer.stream) return { ...answer, status: status ?? answer.status }
  return textAnswer(status ?? 200, 'application/json', garbage === true ? NOT_JSON : garbage)
}

/** Tells whether a fault leaves the client with nothing to use: no event of a stream, or only a part of a plain answer. */
export function isLost({ garbage, cut, reset, stall }: Fault, stream: boolean): boolean {
  const stops = [cut, reset, stall]
  if (stream) return stops.some(stop => stop === 0 || typeof stop === 'string')
  return garbage !== undefined || stops.some(stop => stop !== undefined)
}

/** One step of sending a body: a text, or what goes wrong instead. */
export type Step = Pick<Part, 'text' | 'bytes'> | 'stall' | 'reset'

/** The steps of sending a body, with the fault's stops and extras. */
export function* bodySteps(answer: Answer, fault: Fault): Generator<Step, undefined> {
  const { cut, reset, lingering } = fault
  const stall = fault.stall === 'first' ? 0 : fault.stall
  const halved = !answer.stream && (cut ?? reset ?? stall) !== undefined
  const malformed = answer.stream && fault.garbage !== undefined
  let sent = 0
  for (const part of halved ? halves(answer.parts) : answer.parts) {
    if (reset === sent) return yield 'reset'
    if (stall === sent) return yield 'stall'
    if (cut !== undefined && (part.closing || (answer.stream && sent >= cut))) return
    yield part
    sent++
    if (malformed && sent === 1)
      yield { text: `data: ${fault.garbage === true ? BROKEN_EVENT : fault.garbage}\n\n` }
  }
  if (fault.duplicateDone && answer.stream) yield { text: DONE }
  if (typeof reset === 'number') yield 'reset'
  if (lingering || typeof stall === 'number') yield 'stall'
}

function* halves(parts: Iterable<Part>): Generator<Part> {
  for (const { text, bytes } of parts) {
    const middle = Math.ceil((bytes ?? text).length / 2)
    if (bytes) {
      yield { text: '', bytes: bytes.slice(0, middle), closing: false }
      yield { text: '', bytes: bytes.slice(middle), closing: true }
      continue
    }
    yield { text: text.slice(0, middle), closing: false }
    yield { text: text.slice(middle), closing: true }
  }
}
