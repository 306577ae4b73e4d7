import { describe, expect, it } from 'vitest'
import {
  type ChatCompletion,
  type DeepPartial,
  IncompleteStreamError,
  type Message,
  OutputError,
  type Schema,
  streamObject,
  ValidationError,
} from '../../src/index.ts'
import { counted, failureOf, settle } from '../client/harness.ts'
import { drain } from '../support/frames.ts'
import { scripted } from '../tools/scripted.ts'
import { Person } from './person.ts'

const user: Message = { role: 'user', content: 'Ada, 36' }
const request = { model: 'fake-small', messages: [user] }
const ada = { name: 'Ada Lovelace', age: 36 }
const good = { content: JSON.stringify(ada) }
const refusal = { status: 400, error: { message: 'response_format is unavailable' } }

/** What a stream shows, each value as it is when it is shown. */
async function shown<T>(stream: AsyncIterable<T>): Promise<{ values: T[]; error?: unknown }> {
  const values: T[] = []
  try {
    for await (const value of stream) values.push(structuredClone(value))
    return { values }
  } catch (error) {
    return { values, error }
  }
}

describe('an object that streams', () => {
  it('grows, and is checked at the end', async () => {
    const { client, requests } = scripted([good])
    const stream = streamObject(client, request, Person)
    const { values } = await shown(stream)
    expect(values).toEqual([
      {},
      { name: 'Ada L' },
      { name: 'Ada Lovelace' },
      { name: 'Ada Lovelace', age: 36 },
    ])
    const completion = await stream.completion()
    expect(completion).toMatchObject({
      parsed: ada,
      usage: { totalTokens: 15 },
      choices: [{ finishReason: 'stop' }],
    })
    expect(requests[0]).toMatchObject({ stream: true, response_format: { type: 'json_schema' } })
  })

  it('is one object that grows', async () => {
    const { client } = scripted([good])
    const { values } = await drain(streamObject(client, request, Person))
    expect(new Set(values).size).toBe(1)
  })

  it('has its completion as the last result, however often', async () => {
    const { client } = scripted([good])
    const stream = streamObject(client, request, Person)
    await drain(stream)
    const last = await stream.next()
    expect(last).toMatchObject({ done: true, value: { parsed: ada } })
    expect(await stream.next()).toEqual(last)
    expect(await stream.completion()).toBe(last.value)
  })

  it('can be waited for without being shown', async () => {
    const { client } = scripted([good])
    expect((await streamObject(client, request, Person).completion()).parsed).toEqual(ada)
  })

  it('shows arrays element by element', async () => {
    const any: Schema<{ list: number[] }> = {
      '~standard': { ...Person['~standard'], validate: value => ({ value: value as { list: number[] } }) },
    }
    const { client } = scripted([{ content: '{"list":[10,20,30]}' }])
    const { values } = await shown<DeepPartial<{ list: number[] }>>(streamObject(client, request, any))
    expect(values.map(({ list }) => list?.length)).toEqual([undefined, 1, 3])
  })

  it('is shown without the thinking that comes before it, and without its fence', async () => {
    const { client } = scripted([
      { content: `\`\`\`json\n${good.content}\n\`\`\``, reasoning: '{"name":"Eve"}' },
    ])
    const stream = streamObject(client, request, Person, { mode: 'prompt' })
    const { values } = await shown(stream)
    expect(JSON.stringify(values)).not.toContain('Eve')
    expect((await stream.completion()).parsed).toEqual(ada)
  })

  it.each([
    `Sure! Here is the "object": ${good.content}`,
    `I don't [sic] know more. ${good.content}`,
    `As in [1]: ${good.content} Hope it helps [2]`,
  ])('is shown without the words around it: %j', async content => {
    const { client } = scripted([{ content }])
    const stream = streamObject(client, request, Person)
    const { values } = await shown(stream)
    expect(values.at(-1)).toEqual(ada)
    expect((await stream.completion()).parsed).toEqual(ada)
  })

  it('begins when it is read', async () => {
    const { client, requests } = scripted([good])
    streamObject(client, request, Person)
    await settle(50)
    expect(requests).toHaveLength(0)
  })
})

describe('a stream that gives no object', () => {
  it.each([
    ['REFUSAL', { content: '', refusal: 'I would rather not.' }],
    ['LENGTH', { content: '{"name":"Ada","a', finish: 'length' }],
    ['FILTER', { content: '{"name":"Ada"', finish: 'content_filter' }],
    ['NOT_JSON', { content: '{"name":"Ada"]' }],
    ['SCHEMA', { content: '{"name":"Ada"}' }],
  ] as const)('throws an OutputError with the code %s', async (code, answer) => {
    const { client } = scripted([answer])
    const { error } = await shown(streamObject(client, request, Person))
    expect(error).toBeInstanceOf(OutputError)
    expect(error).toMatchObject({ code })
    expect((error as OutputError).completion!.choices[0].message.content).toBe(answer.content)
  })

  it('throws what has cut it, with the completion so far', async () => {
    const { client } = scripted([{ ...good, cut: 3 }])
    const { values, error } = await shown(streamObject(client, request, Person))
    expect(values.at(-1)).toEqual({ name: 'Ada L' })
    expect(error).toBeInstanceOf(IncompleteStreamError)
    const { choices } = (error as { partial: ChatCompletion }).partial
    expect(good.content.startsWith(choices[0].message.content!)).toBe(true)
  })

  it('throws the same where only its completion is waited for', async () => {
    const { client } = scripted([{ ...good, cut: 3 }])
    expect(await failureOf(streamObject(client, request, Person).completion())).toBeInstanceOf(
      IncompleteStreamError,
    )
  })
})

describe('the modes', () => {
  it('say what to do where the service refuses the schema', async () => {
    const { client } = scripted([refusal])
    const { error } = await shown(streamObject(client, request, Person))
    expect(error).toBeInstanceOf(ValidationError)
    expect((error as Error).message).toContain("mode: 'json_object'")
  })

  it('auto tries once more', async () => {
    const { client, requests } = scripted([refusal, good])
    const { parsed } = await streamObject(client, request, Person, { mode: 'auto' }).completion()
    expect(parsed).toEqual(ada)
    expect(requests[1].response_format).toEqual({ type: 'json_object' })
  })
})

describe('leaving it', () => {
  it('ends the request at once, and there is no completion', async () => {
    const { client, aborted } = scripted([{ ...good, silent: 3 }])
    const stream = streamObject(client, request, Person)
    for await (const { name } of stream) if (name) break
    expect(aborted(0)).toBe(true)
    expect(await failureOf(stream.completion())).toBeInstanceOf(IncompleteStreamError)
  })

  it('by an abort throws the reason, and takes its listener off', async () => {
    const { controller, listeners } = counted()
    const { client, aborted } = scripted([{ ...good, silent: 3 }])
    const stream = streamObject(client, request, Person, { signal: controller.signal })
    await stream.next()
    const reason = new Error('left')
    controller.abort(reason)
    expect(await failureOf(stream.next())).toBe(reason)
    await settle()
    expect(aborted(0)).toBe(true)
    expect(listeners()).toBe(0)
  })
})
