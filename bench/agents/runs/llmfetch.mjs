import { createClient, retry, streamTools, timeout, tool } from 'llmfetch'

export async function run({ baseURL, apiKey, model, messages, input, tools, maxSteps, signal }) {
  const client = createClient({ baseUrl: baseURL, apiKey, policies: [retry(), timeout(30_000)] })
  const own = Object.entries(tools).map(([name, execute]) => tool({ name, input, execute }))
  let end
  for await (const event of streamTools(client, { model, messages, tools: own }, { maxSteps, signal }))
    if (event.type === 'end') end = event.run.stopped
  return end
}
