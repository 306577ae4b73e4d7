import process from 'node:process'
import { AIFactory } from 'llmwire/core'
import { OpenAICompatibleProvider } from 'llmwire/openai-compatible'
import { z } from 'zod'

const { LLM_BASE_URL: baseURL, LLM_API_KEY: apiKey, LLM_MODEL: modelId } = process.env
const provider = new OpenAICompatibleProvider({ baseURL, apiKey, models: [modelId] })
const factory = new AIFactory({ providers: [provider], discover: 'none', timeout: 30_000 })

const input = z.object({ city: z.string() })
const parameters = z.toJSONSchema(input)
const read = execute => async given => execute(input.parse(given))
const weather = { name: 'get_weather', parameters, execute: read(({ city }) => ({ city, sky: 'clear' })) }
const clock = { name: 'get_time', parameters, execute: read(({ city }) => `It is noon in ${city}.`) }
const question = { modelId, prompt: 'Tell me the weather and the time in Rome', tools: [weather, clock] }
for await (const chunk of factory.processStream({ ...question, maxSteps: 5 })) {
  if (chunk.type === 'text') process.stdout.write(chunk.text)
  if (chunk.type === 'done') console.log(`\n${chunk.finishReason}: ${chunk.usage?.totalTokens} tokens`)
}

// Its streams take no schema: the object comes whole.
const schema = z.object({ sights: z.array(z.string()) })
const trip = await factory.process({ modelId, prompt: 'Plan a trip to Rome', schema })
if (!trip.success) throw trip.errorInfo
console.log(`${trip.object.sights.length} sights: ${trip.object.sights.join(', ')}`)

const stop = new AbortController()
const story = factory.processStream({ modelId, prompt: 'Tell me a story', signal: stop.signal })
try {
  for await (const { type } of story) stop.abort(type)
} catch (reason) {
  console.log('stopped at', reason.message)
}
