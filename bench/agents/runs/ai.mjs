import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { isStepCount, streamText, tool } from 'ai'

export async function run({ baseURL, apiKey, model, messages, input, tools, maxSteps, signal }) {
  const own = Object.entries(tools).map(([name, execute]) => [
    name,
    tool({
      inputSchema: input,
      execute: (given, { abortSignal }) => execute(given, { signal: abortSignal }),
    }),
  ])
  const result = streamText({
    model: createOpenAICompatible({ name: 'service', baseURL, apiKey })(model),
    messages,
    tools: Object.fromEntries(own),
    stopWhen: isStepCount(maxSteps),
    abortSignal: signal,
    // By default errors are printed.
    onError() {},
  })
  let end
  // `textStream` would leave errors out.
  for await (const part of result.stream) {
    if (part.type === 'error') throw part.error
    if (part.type === 'abort') end = `a part \`abort\`, its reason ${part.reason}`
    if (part.type === 'finish') end = part.finishReason
  }
  return end
}
