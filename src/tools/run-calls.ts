import { abortWith, reasonOf } from '../call/signals.ts'
import type { AnyTool, ToolCall } from '../chat/types.ts'
import { OutputError } from '../errors/output-error.ts'
import { TimeoutError } from '../errors/timeout-error.ts'
import { describeIssues } from '../output/describe-issues.ts'
import { supervise } from '../output/supervise.ts'
import { toolResult } from './tool-result.ts'
import {
  RUNNER,
  type RunnableTool,
  type Runner,
  type RunToolsOptions,
  type ToolContext,
  type ToolResult,
} from './types.ts'

/** How the calls of one step are run. */
export interface CallSettings extends Pick<RunToolsOptions, 'parallel' | 'onToolError' | 'aroundTool'> {
  readonly tools: readonly AnyTool[]
  /** Is told of each result as soon as it is there. */
  readonly tell: (result: ToolResult) => Promise<void>
}

/** What became of the calls of one step. */
export interface CallResults {
  /** In the order of the calls, without those that are pending. */
  readonly results: readonly ToolResult[]
  readonly pending: readonly ToolCall[]
  /** Whether no call could be run as the model wrote it. */
  readonly isInvalid: boolean
}

/** Runs a tool under a signal of its own. Work that ignores it is not waited for. */
async function execute(
  { signal: outer, ...about }: ToolContext,
  { timeout, execute: work }: Runner<unknown>,
  input: unknown,
): Promise<unknown> {
  const controller = new AbortController()
  const { signal } = controller
  const expire = () =>
    abortWith(controller, new TimeoutError(`It took over ${timeout} ms`, { phase: 'total' }))
  // A longer time overflows the platform's timer, which then fires at once.
  const timer = timeout && timeout < 2 ** 31 ? setTimeout(expire, timeout) : undefined
  try {
    return await supervise(controller, outer, async () => work!(input, { ...about, signal }))
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Runs the calls of one message. Each is checked and, one after the other, approved before the first one begins; then they run
 * at once, and one that fails leaves the others alone.
 */
export async function runCalls(
  calls: readonly ToolCall[],
  { tools, parallel = Infinity, onToolError, aroundTool, tell }: CallSettings,
  about: Omit<ToolContext, 'call'>,
): Promise<CallResults> {
  const names = tools.map(each => each.function?.name)
  const jobs: (() => Promise<ToolResult>)[] = []
  const pending: ToolCall[] = []
  const results: ToolResult[] = []
  let isInvalid = true

  /** Finds out what the model is told. `told` is it for a call that is not run. */
  async function answer(call: ToolCall, work: () => unknown, told?: string): Promise<ToolResult> {
    try {
      const output = await work()
      return { ...toolResult(call, output), output }
    } catch (failed) {
      if (about.signal.aborted) throw reasonOf(about.signal)
      const message = Object(failed).message ?? failed
      const words = typeof message === 'object' ? 'it threw no error' : String(message)
      const answer = told ?? (await onToolError?.(failed, call)) ?? `Failed: ${words}`
      return { ...toolResult(call, answer), failed }
    }
  }

  /** Finds a call's tool, checks its input, and asks whether it may run. Undefined leaves the call pending. */
  async function prepare(call: ToolCall): Promise<(() => Promise<ToolResult>) | undefined> {
    const context = { ...about, call }
    // A custom tool's call has no function: it is the caller's.
    const name = call.function?.name
    const runner = (tools[names.indexOf(name)] as RunnableTool<unknown> | undefined)?.[RUNNER]
    try {
      if (call.function && !names.includes(name)) {
        const issues = [{ path: 'name', message: `must be one of ${names.join(', ')}` }]
        throw new OutputError('There is no such tool', { code: 'SCHEMA', issues })
      }
      const input = await runner?.parse(call.function.arguments)
      isInvalid = false
      if (!runner?.execute || (runner.approve && !(await runner.approve(input, context)))) return undefined
      const work = () => execute(context, runner, input)
      return () => answer(call, () => (aroundTool ? aroundTool(call, work) : work()))
    } catch (error) {
      const told =
        error instanceof OutputError ? `${error.message}: ${describeIssues(error.issues)}` : undefined
      const rethrow = () => {
        throw error
      }
      return () => answer(call, rethrow, told)
    }
  }

  for (const call of calls) {
    const job = await prepare(call)
    if (job) jobs.push(job)
    else pending.push(call)
  }
  const queue = jobs.entries()
  const work = async () => {
    for (const [place, job] of queue) {
      const result = await job()
      results[place] = result
      await tell(result)
    }
  }
  await Promise.all(jobs.slice(0, parallel > 1 ? parallel : 1).map(work))
  return { results, pending, isInvalid }
}
