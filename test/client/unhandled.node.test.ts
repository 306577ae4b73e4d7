import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createChatCompletion, retry, timeout } from '../../src/index.ts'
import { chatRequest, clientOf, failureOf, json } from './harness.ts'

/** Long enough for Node to report what nobody handled. */
const reported = () => new Promise(resolve => setTimeout(resolve, 20))

describe('a failed call', () => {
  const unhandled: unknown[] = []
  const listen = (reason: unknown) => unhandled.push(reason)
  let others: NodeJS.UnhandledRejectionListener[] = []
  beforeEach(() => {
    unhandled.length = 0
    others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', listen)
  })
  afterEach(() => {
    process.off('unhandledRejection', listen)
    for (const other of others) process.on('unhandledRejection', other)
  })

  const failing = () =>
    clientOf(async () => json({}, { status: 400 }), {
      policies: [timeout({ total: 1000 }), retry(), timeout(500)],
    })

  it('is reported once where nobody looks', async () => {
    createChatCompletion(failing(), chatRequest)
    await reported()
    expect(unhandled).toHaveLength(1)
  })

  it('is not reported where one of its two promises is looked at', async () => {
    await failureOf(createChatCompletion(failing(), chatRequest))
    await failureOf(createChatCompletion(failing(), chatRequest).withResponse())
    await reported()
    expect(unhandled).toEqual([])
  })

  it('is not reported for what is left of it after an abort', async () => {
    const controller = new AbortController()
    const late = clientOf(
      async () => {
        await new Promise(resolve => setTimeout(resolve, 5))
        throw new TypeError('late')
      },
      {
        apiKey: async () => {
          throw new Error('late too')
        },
      },
    )
    for (const client of [late, clientOf(() => Promise.reject(new TypeError('late')))]) {
      const failed = failureOf(createChatCompletion(client, chatRequest, controller))
      controller.abort(new Error('mine'))
      expect((await failed).message).toBe('mine')
    }
    await reported()
    expect(unhandled).toEqual([])
  })
})
