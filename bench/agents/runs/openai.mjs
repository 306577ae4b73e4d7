import OpenAI from 'openai'
import { zodFunction } from 'openai/helpers/zod'

export async function run({ baseURL, apiKey, model, messages, input: parameters, tools, maxSteps, signal }) {
  const { completions } = new OpenAI({ baseURL, apiKey }).chat
  const own = Object.entries(tools).map(([name, execute]) =>
    // It hands its tools the runner, which has the signal.
    zodFunction({ name, parameters, function: (given, { controller }) => execute(given, controller) }),
  )
  const request = { model, messages, tools: own, stream: true }
  const runner = completions.runTools(request, { maxChatCompletions: maxSteps, signal })
  await runner.done()
  return runner.allChatCompletions().at(-1)?.choices[0].finish_reason
}
