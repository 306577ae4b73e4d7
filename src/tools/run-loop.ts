import { reasonOf } from '../call/signals.ts'
import type { AnyTool, Message, ToolCall, Usage } from '../chat/types.ts'
import type { CallOptions } from '../client/types.ts'
import { isLLMError } from '../errors/llm-error.ts'
import { addUsage } from '../output/add-usage.ts'
import type { Emit } from '../output/work-stream.ts'
import { copyJson } from '../wire/names.ts'
import type { Answered, EventOf, OptionsOf, RunOf, StepOf } from './loop-types.ts'
import { runCalls } from './run-calls.ts'
import type { ToolResult, ToolStop } from './types.ts'

/** A request, as the loop knows it. */
export interface Asked<Item> {
  readonly messages: readonly Item[]
  readonly tools?: readonly AnyTool[] | undefined
}

/** What an answer of the model says. */
interface Said<Item> {
  /** Itself, as the conversation holds it. */
  readonly items: readonly Item[]
  readonly text: string
  /** What has cut it. */
  readonly cut: 'length' | 'filter' | undefined
}

/** What the loop asks about an API, whose conversations are lists of `Item`s. */
export interface Dialect<Answer extends Answered, Item> {
  /** Counts of nothing. */
  readonly none: NonNullable<Answer['usage']>
  said(answer: Answer | undefined): Said<Item>
  /** The calls that nothing in the conversation answers. */
  openCalls(items: readonly Item[]): readonly ToolCall[]
  /** Adds what answers calls to the conversation, in the order that services want, and notes what they are sent of arguments. */
  addResults(items: Item[], results: readonly ToolResult[]): void
}

/** Asks the model once. */
export type Ask<Request, Answer> = (request: Request, options: CallOptions) => Promise<Answer>

/**
 * Asks the model, runs the calls that it makes, and asks again with what came of them, until it answers or something says stop.
 *
 * Whether there are calls is decided by the calls themselves: some services give the reason `stop` beside them.
 */
export async function runLoop<Request extends Asked<Item>, Answer extends Answered, Item>(
  { none, said, openCalls, addResults }: Dialect<Answer, Item>,
  ask: Ask<Request, Answer>,
  request: Request,
  options: OptionsOf<Request, Answer, Item>,
  signal: AbortSignal,
  emit: Emit<EventOf<Answer, Item>>,
): Promise<RunOf<Answer, Item>> {
  const {
    maxSteps = 10,
    maxTotalTokens = Infinity,
    maxInvalid = 3,
    stopWhen,
    beforeStep,
    onStep,
    idempotencyKey,
    // These are no options of a call, and an `LLMClient` refuses what is none.
    parallel,
    onToolError,
    aroundTool,
    ...callOptions
  } = options
  // The caller's own stay as they are, for other calls too.
  const messages = copyJson([...request.messages])
  const steps: StepOf<Answer>[] = []
  /** The tools of the latest request. */
  let tools = request.tools ?? []
  let completion: Answer | undefined
  let usage = none
  let pending: readonly ToolCall[] = []
  let asked = 0
  let invalid = 0

  const runOf = (stopped: ToolStop): RunOf<Answer, Item> => ({
    stopped,
    completion,
    text: said(completion).text,
    messages,
    steps,
    pending,
    usage,
  })

  async function askModel(): Promise<void> {
    const next = {
      ...request,
      messages: [...messages],
      tools: (request.tools ?? []).length === 0 ? undefined : request.tools,
    }
    const sent = (await beforeStep?.(next, steps)) ?? next
    const key = idempotencyKey && `${idempotencyKey}-${asked}`
    asked++
    tools = sent.tools ?? []
    try {
      completion = await ask(sent, { ...callOptions, idempotencyKey: key, signal })
    } catch (error) {
      if (isLLMError(error) && !signal.aborted) {
        completion = (error.partial as Answer | undefined) ?? completion
        Reflect.set(error, 'partial', runOf('error'))
      }
      throw error
    }
    usage = addUsage(usage, completion.usage)
    // The service's own: what it thought goes back as it came.
    messages.push(...said(completion).items)
  }

  /** Runs the calls of the last message. Tells why the run is over, if it is. */
  async function finishStep(answer?: Answer): Promise<ToolStop | undefined> {
    const calls = openCalls(messages)
    // The calls of an answer that is not whole may be cut, too.
    const { cut } = said(answer)
    const tell = (result: ToolResult) => emit({ type: 'toolResult', ...result })
    const about = { signal, step: asked, messages: [...messages] as unknown as readonly Message[] }
    const ran = await runCalls(cut ? [] : calls, { parallel, onToolError, aroundTool, tools, tell }, about)
    if (signal.aborted) throw reasonOf(signal)
    const step = { completion: answer, results: ran.results }
    addResults(messages, step.results)
    steps.push(step)
    await onStep?.(step, [...messages])
    await emit({ type: 'step', step, messages: [...messages] })
    invalid = ran.isInvalid ? invalid + 1 : 0
    pending = cut ? calls : ran.pending
    if (cut) return cut
    if (!calls.length) return 'answer'
    if (pending.length) return 'pending'
    if (invalid >= (maxInvalid || 1)) return 'invalid'
    if (await stopWhen?.(steps)) return 'condition'
    const counts = usage as Usage
    if ((counts.totalTokens || counts.promptTokens + counts.completionTokens) >= maxTotalTokens)
      return 'tokens'
    return asked < maxSteps ? undefined : 'steps'
  }

  addResults(messages, [])
  let stopped = openCalls(messages).length ? await finishStep() : undefined
  while (!stopped) {
    await askModel()
    stopped = await finishStep(completion)
  }
  const run = runOf(stopped)
  await emit({ type: 'end', run })
  return run
}
