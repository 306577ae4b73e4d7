import { describe, expect, it } from 'vitest'
import { collectText, IncompleteStreamError } from '../../src/index.ts'
import { chunk, outcome, STOP, sse, streamOf, toolChunk } from '../support/frames.ts'

const collect = (...list: readonly unknown[]) => collectText(streamOf(sse(...list)))
const collectOfTwo = (...list: readonly unknown[]) =>
  collectText(streamOf(sse(...list), { extraBody: { n: 2 } }))

describe('collectText', () => {
  it('returns the whole text of the first choice', async () => {
    expect(await collect(chunk({ content: 'Hé' }), chunk({ content: 'llo' }), STOP, '[DONE]')).toBe('Héllo')
    const other = { choices: [{ index: 1, delta: { content: 'other' }, finish_reason: 'stop' }] }
    expect(await collectOfTwo(chunk({ content: 'one' }), other, STOP)).toBe('one')
  })

  it('B2 B7 returns an empty text where there is none', async () => {
    expect(await collect(chunk({ content: null }), STOP)).toBe('')
    expect(await collect(toolChunk({ id: 'a', function: { name: 'f', arguments: '{}' } }), STOP)).toBe('')
  })

  it('C10 throws with what had arrived', async () => {
    const { error } = await outcome(collect(chunk({ content: 'Half' })))
    expect(error).toBeInstanceOf(IncompleteStreamError)
    expect(error).toMatchObject({ partial: { choices: [{ message: { content: 'Half' } }] } })
  })
})
