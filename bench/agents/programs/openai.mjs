import process from 'node:process'
import OpenAI from 'openai'
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'

const { LLM_BASE_URL: baseURL, LLM_API_KEY: apiKey, LLM_MODEL: model } = process.env
const { completions } = new OpenAI({ baseURL, apiKey, timeout: 30_000 }).chat
const stream = { stream: true, stream_options: { include_usage: true } }
const ask = content => ({ model, messages: [{ role: 'user', content }], ...stream })

const parameters = z.object({ city: z.string() })
const make = (name, run) => zodFunction({ name, parameters, function: run })
const weather = make('get_weather', ({ city }) => ({ city, sky: 'clear' }))
const clock = make('get_time', ({ city }) => `It is noon in ${city}.`)
const question = { ...ask('Tell me the weather and the time in Rome'), tools: [weather, clock] }
const run = completions.runTools(question, { maxChatCompletions: 5 })
run.on('content', text => process.stdout.write(text))
const { total_tokens: total } = await run.totalUsage()
console.log(`\n${run.allChatCompletions().at(-1).choices[0].finish_reason}: ${total} tokens`)

const format = zodResponseFormat(z.object({ sights: z.array(z.string()) }), 'trip')
const trip = completions.stream({ ...ask('Plan a trip to Rome'), response_format: format })
trip.on('content.delta', ({ parsed }) => process.stdout.write(`\r${parsed?.sights?.length ?? 0} sights`))
console.log(`: ${(await trip.finalMessage()).parsed.sights.join(', ')}`)

const stop = new AbortController()
const story = completions.stream(ask('Tell me a story'), { signal: stop.signal })
story.on('content', () => stop.abort('text'))
await story.done().catch(reason => console.log('stopped at', reason.message))
