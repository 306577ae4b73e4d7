// A tour of llmfetch: npm run demo
//
// It talks to a fake service that it starts on this machine. To run it against a real one, set LLM_BASE_URL, LLM_MODEL and,
// as the service needs, LLM_API_KEY and LLM_EMBEDDING_MODEL. A step that the service does not support is named and skipped.

import process from 'node:process'
import { createClient, isLLMError, retry, timeout } from 'llmfetch'
import { openService } from './tour/service.mjs'
import { steps } from './tour/steps.mjs'
import { bold, cyan, dim, green, red, yellow } from './tour/terminal.mjs'

/** What a service answers where it lacks an operation, a model or a parameter. */
const UNSUPPORTED = [400, 403, 404, 405, 415, 422, 501]

/** Why a step was skipped, or undefined where its error has another reason. */
function reasonToSkip(step, error, { server }) {
  if (server || !isLLMError(error)) return
  if (UNSUPPORTED.includes(error.status)) return `the service answered ${error.status}: ${error.message}`
  if (step.hasOwnPath && error.name === 'ProtocolError')
    return `the service has something else there: ${error.message}`
}

async function take(step, context) {
  try {
    const skipped = await step.run(context)
    // The fake service supports everything: with it, a step that shows nothing is broken.
    if (skipped && context.server) throw new Error(skipped)
    return skipped && { skipped }
  } catch (error) {
    const skipped = step === steps[0] ? undefined : reasonToSkip(step, error, context)
    return skipped ? { skipped } : { failed: error }
  }
}

/** An error of the service tells enough by itself; any other is a bug, to be found by its stack. */
function describe(error) {
  if (!isLLMError(error)) return error.stack
  return `${error.name}: ${error.message}${error.code ? ` (${error.code})` : ''}`
}

async function tour(context) {
  const outcomes = []
  for (const [place, step] of steps.entries()) {
    console.log(`\n${bold(cyan(`${place + 1}. ${step.title}`))}  ${dim(step.shows)}`)
    const outcome = (await take(step, context)) ?? {}
    outcomes.push(outcome)
    if (outcome.skipped) console.log(`   ${yellow(`SKIPPED ${step.title}`)}: ${outcome.skipped}`)
    if (outcome.failed) console.log(`   ${red(`FAILED ${step.title}`)}: ${describe(outcome.failed)}`)
    if (outcome.failed && place === 0) break
  }
  return outcomes
}

async function open() {
  const service = await openService()
  const policies = [retry({ maxRetries: 2 }), timeout({ headers: 30_000, firstEvent: 30_000, idle: 20_000 })]
  return { ...service, client: createClient({ ...service.config, policies }) }
}

const started = performance.now()
const service = await open().catch(error => {
  console.error(describe(error))
  process.exit(1)
})
console.log(`${bold('llmfetch')}, a tour of ${service.name}`)
const outcomes = await tour(service)
await service.close()

const failed = outcomes.filter(outcome => outcome.failed).length
const skipped = outcomes.filter(outcome => outcome.skipped).length
const shown = outcomes.length - failed - skipped
const seconds = ((performance.now() - started) / 1000).toFixed(1)
const result = `${shown} shown, ${skipped} skipped, ${failed} failed`
console.log(`\n${failed ? red(result) : green(result)} ${dim(`in ${seconds} s`)}`)
process.exitCode = failed ? 1 : 0
