import type { Client } from '../client/types.ts'
import { validationError } from '../errors/validation-error.ts'
import { supervise } from '../output/supervise.ts'
import { runLoop } from '../tools/run-loop.ts'
import { createResponse } from './create.ts'
import { responseDialect } from './tool-dialect.ts'
import { toLoopOptions, toLoopRequest, toResponseRequest } from './tool-request.ts'
import type { ResponseToolRun, ResponseToolsOptions, ResponseToolsRequest } from './tool-types.ts'

/**
 * Lets a model use tools over Responses, as `runTools` does over chat: the same loop, with the same tools, limits and hooks. The
 * conversation is the list of `input` items; what the model said goes back as it came, its thoughts too.
 *
 * `completion` of the run is the last response, and its `messages` are the `input` of the next request. Calls that only the caller
 * can answer (a custom tool's, a computer's, an approval for MCP) are `pending`, with their item's members. What was cut by
 * `maxOutputTokens` or a filter is not run.
 *
 * @throws {ValidationError} for `background`, which only a stream waits for, and for a `conversation` that the service keeps
 * @throws {LLMError} where a request fails, with the run up to then as `partial`
 * @throws what `signal` aborts with, at once, whatever a tool does
 * @throws what a hook throws
 * @example
 * const run = await runResponseTools(client, { model: 'gpt-5', input: 'The weather in Oslo?', tools: [weather] })
 * if (run.stopped === 'answer') console.log(run.text, run.usage.totalTokens)
 */
export function runResponseTools(
  client: Client,
  request: ResponseToolsRequest,
  options: ResponseToolsOptions = {},
): Promise<ResponseToolRun> {
  const controller = new AbortController()
  return supervise(controller, options.signal, async () => {
    if (request.background)
      throw validationError([{ path: 'background', message: 'needs streamResponseTools' }])
    return runLoop(
      responseDialect,
      (sent, callOptions) => createResponse(client, toResponseRequest(sent), callOptions),
      toLoopRequest(request),
      toLoopOptions(options),
      controller.signal,
      async () => {},
    )
  })
}
