// Cuts the stream of a response at every byte, and holds what this package makes of it against what OpenAI's own package does: a
// part of a response is never given as the whole.
//
//   npm ci --prefix generator/checks && node generator/checks/cut-streams.ts

import { deepStrictEqual } from 'node:assert/strict'
import process from 'node:process'
import OpenAI from 'openai'
import { createClient } from '../../src/index.ts'
import { finalResponse, streamResponse } from '../../src/responses/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { snakeCase } from '../../src/wire/names.ts'

const request = { model: 'fake-small', input: 'Say hi' }
const whole = await createFakeFetch({ reply: 'Hi, Zoë.' })('https://api.test/v1/responses', {
  method: 'POST',
  body: JSON.stringify({ ...request, stream: true }),
})
const bytes = new Uint8Array(await whole.arrayBuffer())

/** A `fetch` of a service whose connection ends after so many bytes, as if all were well. */
function cutAt(length: number): typeof fetch {
  const headers = { 'content-type': 'text/event-stream' }
  return async () => new Response(bytes.slice(0, length), { headers })
}

const ours = (length: number) =>
  finalResponse(
    streamResponse(createClient({ baseUrl: 'https://api.test/v1', fetch: cutAt(length) }), request),
  )

const theirs = (length: number) =>
  new OpenAI({ apiKey: 'sk-theirs', maxRetries: 0, logLevel: 'off', fetch: cutAt(length) }).responses
    .stream(request)
    .finalResponse()

/** How many of all lengths are given as a response. */
async function countGiven(read: (length: number) => Promise<unknown>, lengths: number): Promise<number> {
  let given = 0
  for (let length = 0; length < lengths; length++)
    given += await read(length).then(
      () => 1,
      () => 0,
    )
  return given
}

// What is whole is the same to both.
const [mine, official] = [await ours(bytes.length), await theirs(bytes.length)]
for (const name of ['id', 'status', 'createdAt', 'model'] as const)
  deepStrictEqual(mine[name], (official as unknown as Record<string, unknown>)[snakeCase(name)])

// The last event is there without the blank line behind it.
const partial = bytes.length - 2
const [given, officially] = [await countGiven(ours, partial), await countGiven(theirs, partial)]
console.log(
  `Of ${partial} streams that were cut, this package gives ${given} as a response, openai ${officially}`,
)
// The pages say so; a version of theirs that does better must change them.
process.exitCode = given === 0 && officially > 0 ? 0 : 1
