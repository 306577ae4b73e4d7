import { Refusal } from './refusal.ts'

/** Two ends of a line; a lone `\r` may be one, also as the last that has come. */
const BLANK = /(?:\r\n|\n|\r(?!\n)){2}/g

/** The longest end of a block, less one: so much of the last piece may belong to it. */
const SEAM = 3

/** What is told where something of an answer is larger than can be held. */
export function tooLarge(): Refusal {
  return new Refusal(502, 'too_large', 'The answer is too large', { name: 'LimitError' })
}

/**
 * Cuts the text of an event stream into blocks, each with the blank line at its end and otherwise as it came. The returned function
 * takes a piece of text and returns the blocks that it completes; undefined stands for the end, and gives what is left.
 *
 * Only the new piece is searched: an event that comes in a thousand pieces must not be read a thousand times.
 *
 * @throws {Refusal} for a block over `maxChars`
 */
export function createSplitter(maxChars: number): (text: string | undefined) => string[] {
  let open: string[] = []
  let length = 0
  /** The last characters of the open block. */
  let seam = ''
  return text => {
    if (text === undefined) {
      const rest = open.join('')
      open = []
      return rest.trim() ? [`${rest.replace(/[\r\n]+$/, '')}\n\n`] : []
    }
    const probe = seam + text
    const blocks: string[] = []
    let start = seam.length
    let seamStart = 0
    for (const { index, 0: blank } of probe.matchAll(BLANK)) {
      const end = index + blank.length
      blocks.push(open.join('') + probe.slice(start, end))
      open = []
      start = end
      seamStart = end
      length = 0
    }
    seam = probe.slice(Math.max(seamStart, probe.length - SEAM))
    open.push(probe.slice(start))
    length += probe.length - start
    if (length > maxChars) throw tooLarge()
    return blocks
  }
}
