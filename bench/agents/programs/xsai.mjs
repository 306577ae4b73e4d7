import process from 'node:process'
import { streamObject } from '@xsai/stream-object'
import { streamText } from '@xsai/stream-text'
import { tool } from '@xsai/tool'
import { z } from 'zod'

const { LLM_BASE_URL: baseURL, LLM_API_KEY: apiKey, LLM_MODEL: model } = process.env
const ask = content => ({ baseURL, apiKey, model, messages: [{ role: 'user', content }] })

const parameters = z.object({ city: z.string() })
const read = (execute, name) => tool({ name, parameters, execute: input => execute(parameters.parse(input)) })
const weather = await read(({ city }) => ({ city, sky: 'clear' }), 'get_weather')
const clock = await read(({ city }) => `It is noon in ${city}.`, 'get_time')
const question = { ...ask('Tell me the weather and the time in Rome'), tools: [weather, clock], maxSteps: 5 }
const run = streamText({ ...question, streamOptions: { includeUsage: true } })
for await (const text of run.textStream) process.stdout.write(text)
console.log(`\n${(await run.steps).at(-1).finishReason}: ${(await run.totalUsage).total_tokens} tokens`)

const schema = z.object({ sights: z.array(z.string()) })
const { partialObjectStream } = await streamObject({ ...ask('Plan a trip to Rome'), schema })
let trip
for await (trip of partialObjectStream) process.stdout.write(`\r${trip.sights?.length ?? 0} sights`)
console.log(`: ${schema.parse(trip).sights.join(', ')}`)

const stop = new AbortController()
const story = streamText({ ...ask('Tell me a story'), abortSignal: stop.signal })
try {
  for await (const _ of story.textStream) stop.abort('text')
} catch (reason) {
  console.log('stopped at', reason)
}
