import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFakeFetch, type FakeModelOptions } from '../../src/testing/index.ts'
import { chatBody, chunksOf, dataOf, type Json, post, URL_BASE } from './support.ts'

async function send(body: unknown, options: FakeModelOptions = {}): Promise<string> {
  const response = await createFakeFetch(options)(`${URL_BASE}/chat/completions`, post(body))
  expect(response.status).toBe(200)
  return response.text()
}

async function chat(body: unknown, options?: FakeModelOptions): Promise<Json> {
  return JSON.parse(await send(body, options))
}

describe('chat completions', () => {
  it('answers with a text about the prompt, in the service’s shape', async () => {
    const completion = await chat(chatBody('Reverse a string in TypeScript'))
    expect(completion).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{24}$/),
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'fake-small',
      choices: [
        { index: 0, message: { role: 'assistant', refusal: null }, logprobs: null, finish_reason: 'stop' },
      ],
      usage: {
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    })
    const { content } = completion.choices[0].message
    expect(content).toContain('Reverse a string in TypeScript')
    expect(content.split(' ').length).toBeGreaterThan(20)
    const { prompt_tokens, completion_tokens, total_tokens } = completion.usage
    expect(total_tokens).toBe(prompt_tokens + completion_tokens)
  })

  it('gives the same request the same answer, streamed or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 5 }),
        fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
        fc.option(fc.integer(), { nil: undefined }),
        async (content, n, max_tokens, seed) => {
          const body = chatBody(content, { n, max_tokens, seed })
          const whole = await chat(body)
          expect(await chat(body)).toEqual(whole)
          const events = await send({ ...body, stream: true, stream_options: { include_usage: true } })
          const chunks = chunksOf(events)
          expect(chunks.at(-1).usage).toEqual(whole.usage)
          expect(chunks[0].id).toBe(whole.id)
          for (const choice of whole.choices) {
            const own = chunks.flatMap(chunk => chunk.choices).filter(part => part.index === choice.index)
            expect(own.map(part => part.delta.content ?? '').join('')).toBe(choice.message.content)
            expect(own.at(-1).finish_reason).toBe(choice.finish_reason)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('tells choices and seeds apart', async () => {
    const { choices } = await chat(chatBody('Hi there', { n: 128 }))
    expect(new Set(choices.map((choice: Json) => choice.message.content)).size).toBe(128)
    const texts = await Promise.all(
      [undefined, 1, 2, 3, -1].map(
        async seed => (await chat(chatBody('Hi there', { seed }))).choices[0].message.content,
      ),
    )
    expect(new Set(texts).size).toBe(5)
  })

  it('stops before the first stop sequence', async () => {
    const options = { reply: () => 'one two three four' }
    for (const [stop, text] of [
      [' three', 'one two'],
      [['four', 'two'], 'one '],
      [['five'], 'one two three four'],
      [null, 'one two three four'],
    ]) {
      const { choices } = await chat(chatBody('Hi', { stop }), options)
      expect(choices[0]).toMatchObject({ message: { content: text }, finish_reason: 'stop' })
    }
  })

  it('cuts at either token limit', async () => {
    for (const limit of ['max_tokens', 'max_completion_tokens']) {
      const { choices, usage } = await chat(chatBody('Hi', { [limit]: 3 }), { reply: () => 'one, two three' })
      expect(choices[0]).toMatchObject({ message: { content: 'one, two' }, finish_reason: 'length' })
      expect(usage.completion_tokens).toBe(3)
    }
    const exact = await chat(chatBody('Hi', { max_tokens: 3 }), { reply: () => 'one two three' })
    expect(exact.choices[0].finish_reason).toBe('stop')
  })

  it('hands the wire request to a custom reply', async () => {
    const { choices } = await chat(chatBody('Hi', { top_k: 3 }), {
      reply: request => `${request.model} ${request.top_k} ${request.messages[0]?.content}`,
    })
    expect(choices[0].message.content).toBe('fake-small 3 Hi')
  })

  it('reads the text parts of a message, and counts the others', async () => {
    const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } }
    const plain = await chat(chatBody([{ type: 'text', text: 'Describe zebras' }]))
    const pictured = await chat(chatBody([{ type: 'text', text: 'Describe zebras' }, image]))
    expect(plain.choices[0].message.content).toContain('Describe zebras')
    expect(pictured.usage.prompt_tokens).toBeGreaterThan(plain.usage.prompt_tokens)
  })
})

describe('streamed chat completions', () => {
  it('sends the service’s events, one a token', async () => {
    const text = await send(chatBody('Hi', { stream: true }), { reply: () => 'One, two.' })
    const chunk = (choice: Json): Json => ({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'fake-small',
      service_tier: 'default',
      system_fingerprint: 'fp_fake',
      choices: [{ index: 0, logprobs: null, finish_reason: null, ...choice }],
    })
    expect(chunksOf(text)).toEqual([
      chunk({ delta: { role: 'assistant', content: '', refusal: null } }),
      ...['One', ',', ' two', '.'].map(content => chunk({ delta: { content } })),
      chunk({ delta: {}, finish_reason: 'stop' }),
    ])
    expect(text.endsWith('\n\ndata: [DONE]\n\n')).toBe(true)
  })

  it('lets choices take turns', async () => {
    const text = await send(chatBody('Hi', { stream: true, n: 2 }), { reply: () => 'a b' })
    expect(chunksOf(text).map(chunk => chunk.choices[0].index)).toEqual([0, 1, 0, 1, 0, 1, 0, 1])
  })

  it('adds usage only when asked, and then null on all events but the last', async () => {
    const without = chunksOf(await send(chatBody('Hi', { stream: true })))
    expect(without.some(chunk => 'usage' in chunk)).toBe(false)
    const chunks = chunksOf(
      await send(chatBody('Hi', { stream: true, stream_options: { include_usage: true } })),
    )
    expect(chunks.slice(0, -1).every(chunk => chunk.usage === null)).toBe(true)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } })
  })

  it('ends with [DONE]', async () => {
    const data = dataOf(await send(chatBody('Hi', { stream: true })))
    expect(data.filter(text => text === '[DONE]')).toHaveLength(1)
    expect(data.at(-1)).toBe('[DONE]')
  })
})
