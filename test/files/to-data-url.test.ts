import { describe, expect, it } from 'vitest'
import { toDataURL } from '../../src/index.ts'

describe('toDataURL', () => {
  it('takes the type of a Blob, or another', async () => {
    const blob = new Blob(['hi'], { type: 'text/plain' })
    expect(await toDataURL(blob)).toBe('data:text/plain;base64,aGk=')
    expect(await toDataURL(blob, 'text/html')).toBe('data:text/html;base64,aGk=')
  })

  it('takes bytes, of a part of a buffer too', async () => {
    const bytes = new Uint8Array([0, 255, 1, 2])
    expect(await toDataURL(bytes)).toBe('data:application/octet-stream;base64,AP8BAg==')
    expect(await toDataURL(bytes.subarray(1, 2), 'a/b')).toBe('data:a/b;base64,/w==')
    expect(await toDataURL(bytes.buffer, 'a/b')).toBe('data:a/b;base64,AP8BAg==')
  })

  it('keeps every byte of a large file', async () => {
    const bytes = Uint8Array.from({ length: 300_001 }, (_, index) => index * 7)
    const back = atob((await toDataURL(bytes)).split(',')[1]!)
    expect(Uint8Array.from(back, char => char.charCodeAt(0))).toEqual(bytes)
  })
})
