// How the tour prints: colours only where a person sees them.

import process from 'node:process'

const coloured = process.stdout.isTTY === true && !process.env.NO_COLOR
const paint = code => text => (coloured ? `\x1b[${code}m${text}\x1b[0m` : String(text))

export const bold = paint(1)
export const dim = paint(2)
export const red = paint(31)
export const green = paint(32)
export const yellow = paint(33)
export const cyan = paint(36)

/** One line of a step's output. */
export function say(label, value = '') {
  console.log(`   ${dim(label.padEnd(12))} ${value}`)
}

/** Prints the pieces of a text as they come, on one indented block. */
export async function print(label, pieces) {
  process.stdout.write(`   ${dim(label.padEnd(12))} `)
  let count = 0
  for await (const piece of pieces) {
    process.stdout.write(piece.replaceAll('\n', `\n${' '.repeat(16)}`))
    count++
  }
  process.stdout.write('\n')
  return count
}
