/** A well-mixed 32-bit hash (FNV-1a over UTF-16 code units, murmur3's finish): the fake's only source of variety. */
export function hash(text: string, salt = 0): number {
  let h = 0x811c9dc5 ^ salt
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** A hexadecimal id of `length` digits that depends on `text` alone. */
export function hashId(text: string, length: number): string {
  let id = ''
  for (let salt = 1; id.length < length; salt++) id += hash(text, salt).toString(16).padStart(8, '0')
  return id.slice(0, length)
}
