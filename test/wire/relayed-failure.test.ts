import { describe, expect, it } from 'vitest'
import { streamChatCompletion } from '../../src/index.ts'
import { clientOf, failureOf, KEY } from '../client/harness.ts'
import { request, sse } from '../support/frames.ts'

describe('an error that a stream tells of by its class', () => {
  it.each(['ConnectionError', 'TimeoutError', 'LimitError'])(
    'has no secret in any of its members: %s',
    async name => {
      const error = { name, message: `Bad key ${KEY}`, code: KEY, phase: KEY, retryable: true }
      const type = { 'content-type': 'text/event-stream' }
      const client = clientOf(async () => new Response(sse({ error }), { headers: type }))
      const failure = await failureOf(streamChatCompletion(client, request).response)
      expect(failure).toMatchObject({ name, code: '[redacted]', retryable: true })
      expect(failure.message).toContain('Bad key [redacted]')
      expect(JSON.stringify(failure)).not.toContain(KEY)
    },
  )
})
