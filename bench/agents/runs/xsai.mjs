import { streamText } from '@xsai/stream-text'
import { tool } from '@xsai/tool'

export async function run({ baseURL, apiKey, model, messages, input: parameters, tools, maxSteps, signal }) {
  const own = Object.entries(tools).map(([name, execute]) =>
    tool({
      name,
      parameters,
      // It does not check the input.
      execute: (given, { abortSignal }) => execute(parameters.parse(given), { signal: abortSignal }),
    }),
  )
  const request = { baseURL, apiKey, model, messages, tools: await Promise.all(own) }
  const { textStream, steps } = streamText({ ...request, maxSteps, abortSignal: signal })
  for await (const _ of textStream);
  return (await steps).at(-1)?.finishReason
}
