import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFormatted } from '../../scripts/write-formatted.mjs'
import { root } from './paths.mjs'

/** Puts text between a file's markers `<!-- name -->` and `<!-- /name -->`. */
export function writeSection(file, name, text) {
  const path = join(root, file)
  const present = readFileSync(path, 'utf8')
  const section = new RegExp(`<!-- ${name} -->.*?<!-- /${name} -->`, 's')
  if (!section.test(present)) throw new Error(`${file} has no place for ${name}`)
  writeFormatted(
    path,
    present.replace(section, () => `<!-- ${name} -->\n${text.trim()}\n<!-- /${name} -->`),
  )
}

export function toTable(head, rows, isNumeric = place => place > 0) {
  const line = cells => `| ${cells.join(' | ')} |`
  return [
    line(head),
    line(head.map((_, place) => (isNumeric(place) ? '---:' : '---'))),
    ...rows.map(line),
  ].join('\n')
}

/** Text that others wrote, for a cell: one line, no markup, not too long. */
export function quote(text, length = 90) {
  const line = String(text).replace(/\s+/g, ' ').trim()
  const short = line.length > length ? `${line.slice(0, length - 1)}…` : line
  return short.replace(/[|<>*_`[\]\\]/g, '\\$&')
}
