import { AIFactory } from 'llmwire/core'
import { OpenAICompatibleProvider } from 'llmwire/openai-compatible'
import { z } from 'zod'

export async function run({ baseURL, apiKey, model, messages, input, tools, maxSteps, signal }) {
  const provider = new OpenAICompatibleProvider({ baseURL, apiKey, models: [model] })
  const factory = new AIFactory({ providers: [provider], discover: 'none' })
  const own = Object.entries(tools).map(([name, execute]) => ({
    name,
    parameters: z.toJSONSchema(input),
    // It does not check the input.
    execute: async (given, options) => execute(input.parse(given), options),
  }))
  const request = { modelId: model, messages, tools: own, maxSteps, signal }
  let end
  for await (const chunk of factory.processStream(request))
    if (chunk.type === 'done') end = chunk.finishReason
  return end
}
