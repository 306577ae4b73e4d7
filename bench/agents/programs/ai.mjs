import process from 'node:process'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { isStepCount, Output, streamText, tool } from 'ai'
import { z } from 'zod'

const { LLM_BASE_URL: baseURL, LLM_API_KEY: apiKey, LLM_MODEL: name } = process.env
const service = { name: 'service', baseURL, apiKey, includeUsage: true, supportsStructuredOutputs: true }
const model = createOpenAICompatible(service)(name)
const timeout = { chunkMs: 30_000, firstChunkMs: 30_000 }

const inputSchema = z.object({ city: z.string() })
const weather = tool({ inputSchema, execute: ({ city }) => ({ city, sky: 'clear' }) })
const clock = tool({ inputSchema, execute: ({ city }) => `It is noon in ${city}.` })
const tools = { get_weather: weather, get_time: clock }
const prompt = 'Tell me the weather and the time in Rome'
const run = streamText({ model, timeout, prompt, tools, stopWhen: isStepCount(5) })
for await (const text of run.textStream) process.stdout.write(text)
console.log(`\n${await run.finishReason}: ${(await run.totalUsage).totalTokens} tokens`)

const output = Output.object({ schema: z.object({ sights: z.array(z.string()) }) })
const trip = streamText({ model, timeout, prompt: 'Plan a trip to Rome', output })
for await (const { sights = [] } of trip.partialOutputStream)
  process.stdout.write(`\r${sights.length} sights`)
console.log(`: ${(await trip.output).sights.join(', ')}`)

const stop = new AbortController()
const story = streamText({ model, timeout, prompt: 'Tell me a story', abortSignal: stop.signal })
for await (const { type, reason } of story.stream) {
  if (type === 'text-delta') stop.abort('text')
  if (type === 'abort') console.log('stopped at', reason)
}
