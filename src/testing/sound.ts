/** Stands before a text that a sound carries, so that what the fake says it can also hear. */
const MARK = 'llmfetch-testing says: '

/** The bytes of a text. */
function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function little32(value: number): number[] {
  return [0, 8, 16, 24].map(shift => (value >>> shift) & 255)
}

/** A frame of silence: MPEG-1 layer III, 128 kbit/s, 44.1 kHz. */
const FRAME: readonly number[] = [0xff, 0xfb, 0x90, 0xc4, ...new Array<number>(413).fill(0)]

function mp3Of(text: string, frames: number): number[] {
  return [...Array.from({ length: frames }, () => FRAME).flat(), ...bytesOf(MARK + text)]
}

function wavOf(text: string, frames: number): number[] {
  const samples = new Array<number>(frames * 400).fill(128)
  const note = [...bytesOf(MARK + text)]
  if (note.length % 2) note.push(0)
  const name = (id: string) => [...bytesOf(id)]
  const chunks = [
    ...[...name('fmt '), ...little32(16), 1, 0, 1, 0, ...little32(8000), ...little32(8000), 1, 0, 8, 0],
    ...[...name('data'), ...little32(samples.length), ...samples],
    ...[...name('note'), ...little32(note.length), ...note],
  ]
  return [...name('RIFF'), ...little32(chunks.length + 4), ...name('WAVE'), ...chunks]
}

/** The formats that the fake speaks: the media type, and what makes the bytes. */
const FORMATS: {
  readonly [format: string]: readonly [type: string, make: (text: string, frames: number) => number[]]
} = {
  mp3: ['audio/mpeg', mp3Of],
  wav: ['audio/wav', wavOf],
  pcm: ['audio/pcm', (text, frames) => [...new Array<number>(frames * 400).fill(0), ...bytesOf(MARK + text)]],
}

export const formats: readonly string[] = Object.keys(FORMATS)

/** A sound that is longer for a longer text. It is silent, and carries the text. */
export function speak(text: string, format: string): { type: string; bytes: Uint8Array<ArrayBuffer> } {
  const [type, make] = FORMATS[format]!
  return { type, bytes: Uint8Array.from(make(text, 1 + Math.ceil(text.length / 8))) }
}

/** The text that a sound of the fake's carries; undefined for any other sound. */
export function hear(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(bytes)
  const start = text.lastIndexOf(MARK)
  return start < 0 ? undefined : text.slice(start + MARK.length).replace(/\0$/, '')
}
