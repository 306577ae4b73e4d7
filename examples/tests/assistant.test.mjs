// Tests without a network, a key or a bill: node --test

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OutputError, retry } from 'llmfetch'
import { createFakeFetch } from 'llmfetch/testing'
import { createAssistant, explain } from './assistant.mjs'

/** The assistant before a model that says what is in `reply`, and fails as `faults` has it. */
function assistantFor(options, config = {}) {
  const fetch = createFakeFetch(options)
  const degreesIn = async city => (city === 'Oslo' ? -3 : 21)
  return { fetch, assistant: createAssistant({ model: 'fake-small', degreesIn, fetch, ...config }) }
}
const callFor = city => ({ name: 'get_weather', arguments: { city } })

test('the model hears the weather of each city that it asks for', async () => {
  const reply = [{ toolCalls: [callFor('Oslo'), callFor('Rome')] }, 'Rome is warmer.']
  const { assistant, fetch } = assistantFor({ reply })
  let shown = ''
  const stopped = await assistant.answer('Where is it warmer?', text => {
    shown += text
  })
  assert.deepEqual([stopped, shown], ['answer', 'Rome is warmer.'])
  assert.deepEqual(
    fetch.requests[1].body.messages.slice(-2).map(({ content }) => content),
    ['It is -3 degrees in Oslo.', 'It is 21 degrees in Rome.'],
  )
})

test('arguments that do not fit are told to the model, and nothing runs', async () => {
  const reply = [{ toolCalls: [{ name: 'get_weather', arguments: { town: 'Oslo' } }] }, 'Which city?']
  const { assistant, fetch } = assistantFor({ reply })
  assert.equal(await assistant.answer('How warm is it?', () => {}), 'answer')
  assert.match(fetch.requests[1].body.messages.at(-1).content, /city/)
})

test('a booking is read from a mail, and what is none is refused', async () => {
  const booking = { city: 'Oslo', nights: 2 }
  const { assistant } = assistantFor({ reply: [JSON.stringify(booking), '{"city":"Oslo"}'] })
  assert.deepEqual(await assistant.readBooking('Two nights in Oslo'), booking)
  await assert.rejects(assistant.readBooking('Oslo'), OutputError)
})

test('what was shown before a cut stays', async () => {
  const { assistant } = assistantFor({ reply: 'One two three', faults: { cut: 3 } })
  let shown = ''
  const failing = assistant.answer('Count', text => {
    shown += text
  })
  await assert.rejects(failing, { name: 'IncompleteStreamError' })
  assert.equal(shown, 'One two')
  assert.equal(await failing.catch(explain), 'The answer broke off. Please ask again.')
})

test('a busy service is asked again', async () => {
  const busy = { status: 503, headers: { 'retry-after-ms': '1' } }
  const { assistant, fetch } = assistantFor({ reply: 'Here.', faults: [busy, busy] })
  assert.equal(await assistant.answer('Hello?', () => {}), 'answer')
  assert.equal(fetch.requests.length, 3)
})

test('somebody who must wait is told so', async () => {
  const policies = [retry({ maxRetries: 0 })]
  const { assistant } = assistantFor({ faults: { status: 429 } }, { policies })
  assert.equal(await assistant.answer('Hello?', () => {}).catch(explain), 'Please wait a moment.')
})

test('a stop ends the request', async () => {
  const { assistant, fetch } = assistantFor({ reply: 'One two three' })
  const stop = new AbortController()
  const failing = assistant.answer('Count', () => stop.abort(), stop.signal)
  await assert.rejects(failing, { name: 'AbortError' })
  assert.equal(fetch.requests[0].aborted, true)
})
