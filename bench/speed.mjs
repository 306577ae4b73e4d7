// Work beside the bare loop's, as ratios of medians of CPU time in one run. `--check` fails where a ratio is over its limit.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createChatCompletion, createClient, retry, streamChatCompletion, timeout } from 'llmfetch'

const ROUNDS = 15
const CALLS = 200
const request = { model: 'bench', messages: [{ role: 'user', content: 'Hello' }] }
const init = { method: 'POST', body: JSON.stringify({ ...request, stream: true }) }

const server = fork(new URL('./server.mjs', import.meta.url))
const [{ port, events }] = await once(server, 'message')
const origin = `http://127.0.0.1:${port}`

/** What anyone would write by hand: no errors, no limits, no end to be sure of. */
async function bareStream(path) {
  const reader = (await fetch(`${origin}${path}/chat/completions`, init)).body.getReader()
  const decoder = new TextDecoder()
  let buffer = ''
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return length
    buffer += decoder.decode(value, { stream: true })
    let start = 0
    for (let end = buffer.indexOf('\n\n'); end !== -1; end = buffer.indexOf('\n\n', start)) {
      const data = buffer.slice(start + 6, end)
      start = end + 2
      if (data !== '[DONE]') length += JSON.parse(data).choices[0].delta.content?.length ?? 0
    }
    buffer = buffer.slice(start)
  }
}

function ourStream(policies) {
  return async path => {
    const client = createClient({ baseUrl: origin + path, policies })
    let length = 0
    for await (const chunk of streamChatCompletion(client, request))
      length += chunk.choices[0]?.delta.content?.length ?? 0
    return length
  }
}

async function bareCalls() {
  let length = 0
  for (let i = 0; i < CALLS; i++) {
    const response = await fetch(`${origin}/json/chat/completions`, init)
    length += JSON.parse(await response.text()).choices[0].message.content.length
  }
  return length
}

async function ourCalls() {
  const client = createClient({ baseUrl: `${origin}/json` })
  let length = 0
  for (let i = 0; i < CALLS; i++) {
    const completion = await createChatCompletion(client, request)
    length += completion.choices[0].message.content.length
  }
  return length
}

const median = list => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]

/**
 * Runs the ways in turn, so that a slow moment of the machine falls on all. What counts is this process's CPU time, in ms: by the
 * clock a stream takes as long as its server does.
 */
async function measure(ways, path) {
  const times = ways.map(() => [])
  const results = new Set()
  for (let round = -2; round < ROUNDS; round++)
    for (const [place, way] of ways.entries()) {
      const start = process.cpuUsage()
      results.add(await way(path))
      const { user, system } = process.cpuUsage(start)
      if (round >= 0) times[place].push((user + system) / 1000)
    }
  if (results.size !== 1) throw new Error(`The ways disagree: ${[...results]}`)
  return times.map(median)
}

const policies = [timeout({ total: 600_000 }), retry(), timeout({ headers: 10_000, idle: 60_000 })]
const streams = [bareStream, ourStream([]), ourStream(policies)]
const rows = []
for (const [name, path, limit] of [
  ['stream, one event a network chunk', '/event', 1.5],
  ['stream, 16 KiB chunks', '/16k', 1.8],
]) {
  const [floor, ours, guarded] = await measure(streams, path)
  const perEvent = ms => `${((ms / events) * 1000).toFixed(2)} µs`
  rows.push({
    work: name,
    unit: 'an event',
    floor: perEvent(floor),
    ours: perEvent(ours),
    ratio: ours / floor,
    limit,
  })
  rows.push({
    work: `${name}, retry + timeout`,
    unit: 'an event',
    floor: perEvent(floor),
    ours: perEvent(guarded),
    ratio: guarded / floor,
  })
}
const [floor, ours] = await measure([bareCalls, ourCalls])
const perCall = ms => `${((ms / CALLS) * 1000).toFixed(0)} µs`
rows.push({
  work: 'plain call',
  unit: 'a call',
  floor: perCall(floor),
  ours: perCall(ours),
  ratio: ours / floor,
  limit: 2,
})
server.kill()

console.table(rows.map(row => ({ ...row, ratio: Number(row.ratio.toFixed(2)) })))
const slow = rows.filter(({ ratio, limit }) => ratio > limit)
for (const { work, ratio, limit } of slow)
  console.error(`${work}: ${ratio.toFixed(2)} × the bare loop, at most ${limit}`)
if (slow.length && process.argv.includes('--check')) process.exitCode = 1
