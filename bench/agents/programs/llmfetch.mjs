import process from 'node:process'
import { createClient, retry, streamObject, streamTools, timeout, tool } from 'llmfetch'
import { z } from 'zod'

const { LLM_BASE_URL: baseUrl, LLM_API_KEY: apiKey, LLM_MODEL: model } = process.env
const client = createClient({ baseUrl, apiKey, policies: [retry(), timeout(30_000)] })
const ask = content => ({ model, messages: [{ role: 'user', content }] })

const input = z.object({ city: z.string() })
const weather = tool({ name: 'get_weather', input, execute: ({ city }) => ({ city, sky: 'clear' }) })
const clock = tool({ name: 'get_time', input, execute: ({ city }) => `It is noon in ${city}.` })
const question = { ...ask('Tell me the weather and the time in Rome'), tools: [weather, clock] }
for await (const event of streamTools(client, question, { maxSteps: 5, maxTotalTokens: 50_000 })) {
  if (event.type === 'text') process.stdout.write(event.delta)
  if (event.type === 'end') console.log(`\n${event.run.stopped}: ${event.run.usage.totalTokens} tokens`)
}

const trip = streamObject(client, ask('Plan a trip to Rome'), z.object({ sights: z.array(z.string()) }))
for await (const { sights = [] } of trip) process.stdout.write(`\r${sights.length} sights`)
console.log(`: ${(await trip.completion()).parsed.sights.join(', ')}`)

const stop = new AbortController()
const story = streamTools(client, ask('Tell me a story'), { signal: stop.signal })
try {
  for await (const { type } of story) stop.abort(type)
} catch (reason) {
  console.log('stopped at', reason)
}
