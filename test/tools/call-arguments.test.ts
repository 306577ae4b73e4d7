import { describe, expect, it } from 'vitest'
import { type Message, runTools, streamTools, tool } from '../../src/index.ts'
import { plainArguments, sentArguments } from '../../src/tools/call-arguments.ts'
import { toWire } from '../../src/wire/names.ts'
import { scripted } from './scripted.ts'

describe('the arguments of a call', () => {
  it.each([
    ['an object', '{"a":1}', '{"a":1}'],
    ['one with space around it', ' {"a":1}\n', ' {"a":1}\n'],
    ['nothing', undefined, '{}'],
    ['an empty text', '', '{}'],
    ['space', ' \n', '{}'],
    ['null', 'null', '{}'],
    ['an empty list', '[ ]', '{}'],
    ['an empty text, as JSON', '""', '{}'],
    ['a text of an object', '"{\\"a\\":\\"b\\"}"', '{"a":"b"}'],
    ['an object that was parsed', { a: 1 }, '{"a":1}'],
    ['an empty object and then another', '{}{"a":1}', '{"a":1}'],
    ['a list', '[1]', '[1]'],
    ['what is cut', '{"a":', '{"a":'],
    ['a text that is cut', '"{', '"{'],
  ])('that are %s', (_, given, json) => expect(plainArguments(given)).toBe(json))

  it.each([
    ['{"a":1}', '{"a":1}'],
    [' {"a" : 1}\n', ' {"a" : 1}\n'],
    ['null', '{}'],
    ['"{\\"a\\":1}"', '{"a":1}'],
    ['{"a":', '{"INVALID_JSON":"{\\"a\\":"}'],
    ["{'a': 1}", '{"INVALID_JSON":"{\'a\': 1}"}'],
    ['[1]', '{"INVALID_JSON":"[1]"}'],
    ['"text"', '{"INVALID_JSON":"\\"text\\""}'],
  ])('go back as JSON of an object: %s', (given, json) => expect(sentArguments(given)).toBe(json))
})

const request = { model: 'fake-small', messages: [{ role: 'user', content: 'Hi' }] as Message[] }
const look = tool<{ at?: string }>({ name: 'look', execute: ({ at }) => `saw ${at}` })

describe('a call whose arguments are', () => {
  it.each([
    ['null', 'null', 'saw undefined'],
    ['an empty list', '[]', 'saw undefined'],
    ['made a text twice', JSON.stringify('{"at":"home"}'), 'saw home'],
  ])('%s is run', async (_, args, content) => {
    const { client, requests } = scripted([{ calls: [{ name: 'look', args }] }, { content: 'Done' }])
    const { stopped } = await runTools(client, { ...request, tools: [look] })
    expect(stopped).toBe('answer')
    expect(requests[1].messages.at(-1).content).toBe(content)
  })

  // vLLM answers 400 to a history with such a call, and llama.cpp 500, for ever.
  it.each(['{"at": home}', "{'at': 'home'}", '{"at":"ho', '[1]'])(
    'no object, %s, is told to the model, and goes back as one; the conversation keeps it',
    async args => {
      const { client, requests } = scripted([{ calls: [{ name: 'look', args }] }, { content: 'Done' }])
      const run = await runTools(client, { ...request, tools: [look] })
      expect(run.stopped).toBe('answer')
      const [sent] = requests[1].messages[1].tool_calls
      expect(JSON.parse(sent.function.arguments)).toEqual({ INVALID_JSON: args })
      expect(run.messages[1]).toMatchObject({ toolCalls: [{ function: { arguments: args } }] })
    },
  )

  it('cut with the answer stay so until they have been answered, by the next run or by the caller', async () => {
    const cut = { calls: [{ name: 'look', args: '{"at":"ho' }], finish: 'length' }
    const first = await runTools(scripted([cut]).client, { ...request, tools: [look] })
    expect(first).toMatchObject({ stopped: 'length', pending: [{ function: { arguments: '{"at":"ho' } }] })
    const kept: Message[] = JSON.parse(JSON.stringify(first.messages))
    const answer: Message = { role: 'tool', toolCallId: first.pending[0]!.id, content: 'Cut off' }
    const sound = [{ function: { name: 'look', arguments: '{"INVALID_JSON":"{\\"at\\":\\"ho"}' } }]
    for (const [messages, content] of [
      [kept, 'The model wrote no JSON: is not JSON'],
      [[...kept, answer], 'Cut off'],
    ] as const) {
      const { client, requests } = scripted([{ content: 'Done' }])
      for await (const _ of streamTools(client, { ...request, messages, tools: [look] }));
      expect(requests[0].messages.slice(1)).toMatchObject([{ tool_calls: sound }, { content }])
    }
  })

  it('an object in a history, as some libraries have it, is run, and goes back as JSON', async () => {
    const call = { id: 'a', type: 'function', function: { name: 'look', arguments: { at: 'home' } } }
    const messages = [...request.messages, { role: 'assistant', content: null, tool_calls: [call] } as never]
    const { client, requests } = scripted([{ content: 'Done' }])
    await runTools(client, { ...request, messages, tools: [look] })
    expect(requests[0].messages.slice(1)).toMatchObject([
      { tool_calls: [{ function: { arguments: '{"at":"home"}' } }] },
      { content: 'saw home' },
    ])
  })

  it('no JSON stays so in other calls with the same messages', async () => {
    const call = { id: 'a', type: 'function', function: { name: 'look', arguments: '[]' } }
    const messages = [...request.messages, { role: 'assistant', content: null, toolCalls: [call] } as never]
    const { client, requests } = scripted([{ content: 'Done' }])
    await runTools(client, { ...request, messages, tools: [look] })
    expect(requests[0].messages[1].tool_calls[0].function.arguments).toBe('{}')
    expect(JSON.parse(JSON.stringify(toWire({ messages }))).messages[1].tool_calls[0].function).toEqual({
      name: 'look',
      arguments: '[]',
    })
  })
})
