import { describe, expect, it } from 'vitest'
import { createFakeFetch, type FakeModelOptions } from '../../src/testing/index.ts'
import { chatBody, chunksOf, type Json, post, URL_BASE } from './support.ts'

async function send(more: Json, options: FakeModelOptions = {}): Promise<string> {
  const fetch = createFakeFetch({ reply: 'One, zwölf 😀', ...options })
  return (await fetch(`${URL_BASE}/chat/completions`, post(chatBody('Hi', more)))).text()
}

async function choiceOf(more: Json, options?: FakeModelOptions): Promise<Json> {
  return JSON.parse(await send(more, options)).choices[0]
}

describe('logprobs', () => {
  it('come for each token of the text, with its bytes and the likeliest alternatives', async () => {
    const { logprobs } = await choiceOf({ logprobs: true, top_logprobs: 20 })
    expect(Object.keys(logprobs)).toEqual(['content', 'refusal'])
    expect(logprobs.refusal).toBeNull()
    expect(logprobs.content.map((entry: Json) => entry.token)).toEqual(['One', ',', ' zwölf', ' 😀'])
    for (const entry of logprobs.content) {
      const { top_logprobs: top, ...own } = entry
      expect(Object.keys(entry)).toEqual(['token', 'logprob', 'bytes', 'top_logprobs'])
      expect(new TextDecoder().decode(Uint8Array.from(own.bytes))).toBe(own.token)
      expect(top).toHaveLength(20)
      expect(top[0]).toEqual(own)
      expect(new Set(top.map((other: Json) => other.token)).size).toBe(20)
      const probabilities = top.map((other: Json) => Math.exp(other.logprob))
      expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a))
      expect(probabilities.reduce((sum: number, value: number) => sum + value)).toBeLessThanOrEqual(1)
    }
  })

  it('have as many alternatives as asked for', async () => {
    const { logprobs } = await choiceOf({ logprobs: true, top_logprobs: 2 })
    expect(logprobs.content[0].top_logprobs).toHaveLength(2)
    expect((await choiceOf({ logprobs: true })).logprobs.content[0].top_logprobs).toEqual([])
  })

  it('are null when not asked for, and where nothing is said', async () => {
    expect((await choiceOf({})).logprobs).toBeNull()
    expect((await choiceOf({ logprobs: false })).logprobs).toBeNull()
    const reply = { toolCalls: [{ name: 'f', arguments: {} }] }
    expect((await choiceOf({ logprobs: true }, { reply })).logprobs).toBeNull()
  })

  it('are the same in a stream, each with its token', async () => {
    const reply = { content: 'One two', refusal: 'No, never', reasoning: 'hm' }
    const asked = { logprobs: true, top_logprobs: 3 }
    const { logprobs } = await choiceOf(asked, { reply })
    const chunks = chunksOf(await send({ ...asked, stream: true }, { reply })).map(chunk => chunk.choices[0])
    const all = (kind: string): Json[] => chunks.flatMap(chunk => chunk.logprobs?.[kind] ?? [])
    expect(all('content')).toEqual(logprobs.content)
    expect(all('refusal')).toEqual(logprobs.refusal)
    for (const { delta, logprobs: own } of chunks) {
      const kind = delta.role ? undefined : ['content', 'refusal'].find(name => name in delta)
      if (kind) expect(own[kind].map((entry: Json) => entry.token)).toEqual([delta[kind]])
      else expect(own).toBeNull()
    }
  })
})
