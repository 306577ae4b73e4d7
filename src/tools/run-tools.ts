import { createChatCompletion } from '../chat/create.ts'
import type { ChatCompletionRequest } from '../chat/types.ts'
import type { Client } from '../client/types.ts'
import { supervise } from '../output/supervise.ts'
import { chatDialect } from './chat-dialect.ts'
import { runLoop } from './run-loop.ts'
import type { RunToolsOptions, ToolRun } from './types.ts'

/**
 * Lets a model use tools: asks it, runs the calls that it makes, tells it what came of them, and asks again until it answers.
 * `stopped` says why the run is over; `messages` is all that the next one needs.
 *
 * What is wrong with a call, or goes wrong in a tool, is told to the model. Arguments are checked, and `approve` is asked, for each
 * call that is run, those that the given history brings along included: a history from a browser can hold calls that no
 * model made, and tool messages that no tool gave. Keep the history on the server where that matters.
 *
 * @throws {LLMError} where a request fails, with the run up to then as `partial`
 * @throws what `signal` aborts with, at once, whatever a tool does
 * @throws what a hook throws
 * @example
 * const run = await runTools(client, { model: 'gpt-4.1', messages, tools: [weather] })
 * if (run.stopped === 'answer') console.log(run.text, run.usage.totalTokens)
 */
export function runTools(
  client: Client,
  request: ChatCompletionRequest,
  options: RunToolsOptions = {},
): Promise<ToolRun> {
  const controller = new AbortController()
  return supervise(controller, options.signal, () =>
    runLoop(
      chatDialect,
      (sent, callOptions) => createChatCompletion(client, sent, callOptions),
      request,
      options,
      controller.signal,
      async () => {},
    ),
  )
}
