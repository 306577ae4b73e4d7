/** The checksum of a chunk. @see https://www.w3.org/TR/png-3/#D-CRCAppendix */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc >>> 0
}

function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0]
  for (const byte of bytes) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return ((b << 16) | a) >>> 0
}

function big32(value: number): number[] {
  return [24, 16, 8, 0].map(shift => (value >>> shift) & 255)
}

function chunk(type: string, data: readonly number[]): number[] {
  const named = [...new TextEncoder().encode(type), ...data]
  return [...big32(data.length), ...named, ...big32(crc32(Uint8Array.from(named)))]
}

/** A picture of a few pixels, each with the colour that `colourAt` gives it: a PNG that any decoder shows. */
export function drawPng(size: number, colourAt: (x: number, y: number) => number): Uint8Array<ArrayBuffer> {
  const rows = Array.from({ length: size }, (_, y) => [
    0,
    ...Array.from({ length: size }, (_, x) => big32(colourAt(x, y)).slice(1)).flat(),
  ]).flat()
  const { length } = rows
  // One block that is stored as it is.
  const stored = [0x78, 0x01, 1, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255]
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk('IHDR', [...big32(size), ...big32(size), 8, 2, 0, 0, 0]),
    ...chunk('IDAT', [...stored, ...rows, ...big32(adler32(Uint8Array.from(rows)))]),
    ...chunk('IEND', []),
  ])
}
