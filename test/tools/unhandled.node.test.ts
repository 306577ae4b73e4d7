import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { generateObject, runTools, streamObject, streamTools, tool } from '../../src/index.ts'
import { Person } from '../output/person.ts'
import { scripted } from './scripted.ts'

const user = { role: 'user' as const, content: 'Hi' }
const request = { model: 'fake-small', messages: [user] }
const calls = [{ name: 'fail' }, { name: 'wait' }]
const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)

beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})
afterEach(() => {
  process.off('unhandledRejection', note)
})

const pause = () => new Promise(resolve => setTimeout(resolve, 20))

/** One that fails late, when nobody waits for it any more, and one that fails at once. */
const tools = () => [
  tool({
    name: 'wait',
    execute: (_, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => setTimeout(reject, 5, new Error('late'))),
      ),
  }),
  tool({ name: 'fail', execute: () => Promise.reject(new Error('at once')) }),
]

describe('no promise is left unhandled', () => {
  it.each([
    ['left in a tool', async (events: ReturnType<typeof streamTools>) => void (await events.return())],
    [
      'left in a tool, a read under way',
      async (events: ReturnType<typeof streamTools>) => {
        const read = events.next()
        await pause()
        await events.return()
        await read
      },
    ],
    [
      'aborted in a tool, and never read again',
      async (_: unknown, controller: AbortController) => {
        controller.abort(new Error('left'))
      },
    ],
  ])('by a run that is %s', async (_, leave) => {
    const controller = new AbortController()
    const { client } = scripted([{ calls }])
    const events = streamTools(client, { ...request, tools: tools() }, { signal: controller.signal })
    for (let i = 0; i < 3; i++) await events.next()
    await leave(events, controller)
    await pause()
    expect(unhandled).toEqual([])
  })

  it('by a run that is aborted, or ended by a hook', async () => {
    for (const end of ['abort', 'hook']) {
      const controller = new AbortController()
      const { client } = scripted([{ calls }])
      const run = runTools(
        client,
        { ...request, tools: tools() },
        {
          signal: controller.signal,
          onToolError(error) {
            if (end === 'hook') throw error
          },
        },
      )
      setTimeout(() => controller.abort(new Error('left')), 5)
      await expect(run).rejects.toThrow(end === 'hook' ? 'at once' : 'left')
      await pause()
    }
    expect(unhandled).toEqual([])
  })

  it('by streams that are never read, or fail while nobody reads', async () => {
    const controller = new AbortController()
    const answer = { content: '{"name":"Ada","age":36}', silent: 3 }
    const { client } = scripted([answer, answer])
    const { signal } = controller
    streamTools(client, request, { signal })
    streamObject(client, request, Person, { signal })
    const object = streamObject(client, request, Person, { signal })
    const events = streamTools(client, request, { signal })
    await object.next()
    await events.next()
    controller.abort(new Error('left'))
    await pause()
    expect(unhandled).toEqual([])
  })

  it('by an object whose request is aborted', async () => {
    const controller = new AbortController()
    const { client } = scripted(() => new Promise(() => {}))
    const object = generateObject(client, request, Person, { signal: controller.signal, mode: 'auto' })
    controller.abort(new Error('left'))
    await expect(object).rejects.toThrow('left')
    await pause()
    expect(unhandled).toEqual([])
  })
})
