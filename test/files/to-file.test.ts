import { describe, expect, it } from 'vitest'
import { type FileSource, toFile } from '../../src/index.ts'
import { bodyOf } from '../responses/support.ts'

const bytes = new TextEncoder().encode('héllo')

async function* pieces(): AsyncGenerator<Uint8Array | string> {
  yield bytes.subarray(0, 2)
  yield bytes.subarray(2)
}

describe('toFile', () => {
  it.each<[string, () => FileSource | PromiseLike<FileSource>]>([
    ['a text', () => 'héllo'],
    ['bytes', () => bytes],
    ['a buffer', () => bytes.slice().buffer],
    ['a part of a buffer', () => new TextEncoder().encode('xxhélloxx').subarray(2, -2)],
    ['a blob', () => new Blob([bytes])],
    ['a stream', () => bodyOf([bytes.slice(0, 3), bytes.slice(3)])],
    ['an async iterable', pieces],
    ['a response', () => new Response(bytes)],
    ['a promise of one', async () => new Response(bytes)],
  ])('makes one of %s', async (_, source) => {
    const file = await toFile(source(), 'a.txt')
    expect(file).toBeInstanceOf(File)
    expect([file.name, await file.text()]).toEqual(['a.txt', 'héllo'])
  })

  it('keeps the type of a blob and of a response, and takes another', async () => {
    expect((await toFile(new Blob([bytes], { type: 'audio/wav' }), 'a')).type).toBe('audio/wav')
    expect((await toFile(new Response(bytes, { headers: { 'content-type': 'audio/mpeg' } }), 'a')).type).toBe(
      'audio/mpeg',
    )
    expect((await toFile(new Blob([bytes], { type: 'audio/wav' }), 'a', { type: 'audio/ogg' })).type).toBe(
      'audio/ogg',
    )
    expect((await toFile('text', 'a')).type).toBe('')
  })

  it('fails as its source does', async () => {
    await expect(toFile(bodyOf(['a'], 'break'), 'a')).rejects.toThrow()
  })
})
