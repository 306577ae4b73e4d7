import { reasonOf } from '../call/signals.ts'
import type { ChatCompletion, ChatCompletionRequest, ToolCall, Usage } from '../chat/types.ts'
import type { CallOptions } from '../client/types.ts'
import { isLLMError } from '../errors/llm-error.ts'
import { addUsage } from '../output/add-usage.ts'
import { cutReason } from '../output/cut-reason.ts'
import type { Emit } from '../output/work-stream.ts'
import { addMessages, answersOf, openCalls } from './history.ts'
import { runCalls } from './run-calls.ts'
import type { RunToolsOptions, ToolEvent, ToolRun, ToolStep, ToolStop } from './types.ts'

/** Asks the model once. */
export type Ask = (request: ChatCompletionRequest, options: CallOptions) => Promise<ChatCompletion>

/**
 * Asks the model, runs the calls that it makes, and asks again with what came of them, until it answers or something says stop.
 *
 * Whether there are calls is decided by the calls themselves: some services give the reason `stop` beside them.
 */
export async function runLoop(
  ask: Ask,
  request: ChatCompletionRequest,
  options: RunToolsOptions,
  signal: AbortSignal,
  emit: Emit<ToolEvent>,
): Promise<ToolRun> {
  const {
    maxSteps = 10,
    maxTotalTokens = Infinity,
    maxInvalid = 3,
    stopWhen,
    beforeStep,
    onStep,
    idempotencyKey,
    // These are no options of a call.
    parallel,
    onToolError,
    aroundTool,
    ...callOptions
  } = options
  const messages = [...request.messages]
  const steps: ToolStep[] = []
  /** The tools of the latest request. */
  let tools = request.tools ?? []
  let completion: ChatCompletion | undefined
  let usage: Usage = { promptTokens: 0, completionTokens: 0, totalTokens: 0 }
  let asked = 0
  let invalid = 0

  const runOf = (stopped: ToolStop, pending: readonly ToolCall[] = []): ToolRun => {
    const text = completion?.choices[0]?.message.content ?? ''
    return { stopped, completion, text, messages, steps, pending, usage }
  }

  async function askModel(): Promise<void> {
    const next = {
      ...request,
      messages: [...messages],
      tools: request.tools?.length ? request.tools : undefined,
    }
    const sent = (await beforeStep?.(next, steps)) ?? next
    const key = idempotencyKey && `${idempotencyKey}-${asked}`
    asked++
    tools = sent.tools ?? []
    try {
      completion = await ask(sent, { ...callOptions, idempotencyKey: key, signal })
    } catch (error) {
      if (isLLMError(error) && !signal.aborted) {
        completion = (error.partial as ChatCompletion | undefined) ?? completion
        Reflect.set(error, 'partial', runOf('error'))
      }
      throw error
    }
    usage = addUsage(usage, completion.usage)
    // The service's own message: what it thought goes back as it came.
    const message = completion.choices[0]?.message
    if (message) messages.push(message)
  }

  /** Runs the calls of the last message. Returns the run, if that is its end. */
  async function finishStep(answer?: ChatCompletion): Promise<ToolRun | undefined> {
    const calls = openCalls(messages)
    // The calls of an answer that is not whole may be cut, too.
    const cut = cutReason(answer)
    const { results, pending, isInvalid } = await runCalls(cut ? [] : calls, {
      ...options,
      tools,
      signal,
      step: asked,
      messages: [...messages],
      tell: result => emit({ type: 'toolResult', ...result }),
    })
    if (signal.aborted) throw reasonOf(signal)
    addMessages(messages, answersOf(results))
    const step = { completion: answer, results }
    steps.push(step)
    await onStep?.(step, [...messages])
    await emit({ type: 'step', step, messages: [...messages] })
    invalid = isInvalid ? invalid + 1 : 0
    if (cut) return runOf(cut, calls)
    if (!calls.length) return runOf('answer')
    if (pending.length) return runOf('pending', pending)
    if (invalid >= maxInvalid) return runOf('invalid')
    if (await stopWhen?.(steps)) return runOf('condition')
    if ((usage.totalTokens || usage.promptTokens + usage.completionTokens) >= maxTotalTokens)
      return runOf('tokens')
    return asked < maxSteps ? undefined : runOf('steps')
  }

  addMessages(messages, [])
  let run = openCalls(messages).length ? await finishStep() : undefined
  while (!run) {
    await askModel()
    run = await finishStep(completion)
  }
  await emit({ type: 'end', run })
  return run
}
