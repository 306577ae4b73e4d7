// One client in one case, in a process of its own: node child.mjs <client> <case> <baseURL>. Prints what its user sees.

import { z } from 'zod'
import { cases } from './cases.mjs'

/** How long a tool goes on that does not heed its signal, in ms. */
const DEAF = 1500

const [id, place, baseURL] = process.argv.slice(2)
const { tool, maxSteps } = cases[Number(place)]
const { run } = await import(`./runs/${id}.mjs`)

const controller = new AbortController()
const reason = new Error('The user has left')
const seen = { ran: 0 }
let abortedAt

async function getWeather({ city }, { signal } = {}) {
  seen.ran++
  if (tool === 'throws') throw new Error('No such station')
  if (tool === 'aborts') {
    abortedAt = Date.now()
    controller.abort(reason)
    seen.hears = signal?.aborted === true
    await new Promise(resolve => setTimeout(resolve, DEAF))
  }
  return { city, degrees: 21 }
}

const nameOf = error => (error.name === 'Error' ? error.constructor.name : error.name)

const settings = {
  baseURL,
  apiKey: 'k',
  model: 'fake-small',
  messages: [{ role: 'user', content: 'What is the weather in Rome?' }],
  input: z.object({ city: z.string() }),
  tools: { get_weather: getWeather },
  maxSteps,
  signal: controller.signal,
}

try {
  seen.end = (await run(settings)) ?? 'no reason'
} catch (error) {
  seen.threw = error === reason ? 'the reason' : error instanceof Error ? nameOf(error) : typeof error
}
seen.isPrompt = abortedAt && Date.now() - abortedAt < DEAF / 2
console.log(JSON.stringify(seen))
