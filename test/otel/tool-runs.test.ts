import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunToolsOptions, runTools, streamTools, tool } from '../../src/index.ts'
import { otel, toolSpans } from '../../src/otel/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { clientOf } from '../client/harness.ts'
import { expectConventional, type Recording, recording } from './recording.ts'

let kept: Recording
beforeEach(() => {
  kept = recording()
})
afterEach(() => expectConventional(kept))

const weather = tool({ name: 'weather', execute: async () => 'sunny in Turin' })
const broken = tool({
  name: 'broken',
  execute: async () => {
    throw new RangeError('no weather in Turin')
  },
})
const slow = tool({ name: 'slow', timeout: 5, execute: () => new Promise(() => {}) })
const mine = tool({ name: 'mine' })

/** A model that calls these tools, and one that it was not given, and answers then. */
function calling(...names: readonly string[]) {
  const toolCalls = names.map(name => ({ name, arguments: { city: 'Turin' } }))
  const client = clientOf(createFakeFetch({ reply: [{ toolCalls }, 'It is sunny'] }), {
    policies: [otel(kept)],
  })
  const request = {
    model: 'fake-small',
    messages: [{ role: 'user' as const, content: 'How is Turin?' }],
    tools: [weather, broken, slow, mine],
  }
  const options: RunToolsOptions = { aroundTool: toolSpans(kept) }
  return { client, request, options }
}

const told = () => kept.spans.map(({ name, attributes }) => [name, attributes['error.type']])

describe('aroundTool', () => {
  it('tells of each tool that runTools runs, between the answers', async () => {
    const { client, request, options } = calling('weather', 'broken', 'slow')
    const { stopped } = await runTools(client, request, options)
    expect(stopped).toBe('answer')
    const [first, last] = [told().at(0), told().at(-1)]
    expect([first, last]).toEqual([
      ['chat fake-small', undefined],
      ['chat fake-small', undefined],
    ])
    expect(told().slice(1, -1)).toEqual([
      ['execute_tool weather', undefined],
      ['execute_tool broken', 'RangeError'],
      ['execute_tool slow', 'TimeoutError'],
    ])
    expect(JSON.stringify(kept)).not.toContain('Turin')
  })

  it('tells of those that streamTools runs', async () => {
    const { client, request, options } = calling('weather')
    for await (const _ of streamTools(client, request, options));
    expect(told()).toContainEqual(['execute_tool weather', undefined])
  })

  it('tells nothing of a call that is not run: one that is pending, or of no tool', async () => {
    const { client, request, options } = calling('mine', 'made-up')
    await runTools(client, request, options)
    expect(told().filter(([name]) => `${name}`.startsWith('execute_tool'))).toEqual([])
  })
})
