// What must hold in every engine, written once. It knows no engine: an adapter hands it the package and the addresses.

import { agents } from './agents.mjs'
import { brokenStreams } from './broken-streams.mjs'
import { calls } from './calls.mjs'
import { failures } from './failures.mjs'
import { relay } from './relay.mjs'
import { streams } from './streams.mjs'
import { wholeApi } from './whole-api.mjs'

/**
 * The tests by name, each a function of what it may use: `api`, the package, with two of its entries as `openai` and `responses`;
 * `service(...faults)`, a service of the test's own with what goes wrong with its requests in turn; `isPage`, whether CORS is in
 * force. A text that one returns is a figure to show.
 */
export const tests = { ...calls, ...streams, ...brokenStreams, ...failures, ...relay, ...agents, ...wholeApi }

/** Those for which a package has what they need. The file for CDNs is the root alone. */
function testsFor(api) {
  return Object.entries(tests).filter(([name]) => api.openai || !wholeApi[name])
}

/** Makes services of the addresses in `config`, each under an id of its own. */
function services(api, { lab, relay, engine }) {
  let count = 0
  const make =
    (settings = {}) =>
    (...faults) => {
      const id = `${engine}.${++count}`
      const path = `/${id}/${encodeURIComponent(JSON.stringify(faults))}/v1`
      return {
        baseUrl: lab + path,
        client: api.createClient({ baseUrl: lab + path, apiKey: async () => 'sk-e2e', ...settings }),
        relayed: api.createClient({ baseUrl: relay + path }),
        seen: async () => (await fetch(`${lab}/seen/${id}`)).json(),
      }
    }
  return Object.assign(make(), { with: make })
}

/** Runs every test, one after the other. Resolves with a result for each: `{ name, error?, figure?, ms }`. */
export async function runSpec(api, config) {
  const service = services(api, config)
  const results = []
  for (const [name, test] of testsFor(api)) {
    const started = Date.now()
    const result = { name }
    let timer
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('it did not end within 30 s')), 30_000)
    })
    try {
      result.figure = await Promise.race([test({ api, service, isPage: config.isPage }), late])
    } catch (error) {
      // Some engines leave the message out of the stack.
      result.error = `${error}\n${error?.stack}`
    }
    clearTimeout(timer)
    results.push({ ...result, ms: Date.now() - started })
  }
  return results
}
