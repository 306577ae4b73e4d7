import type { Schema } from './description.ts'

/** The width that a comment is wrapped to, its indentation included. */
const WIDTH = 110

/** As much of a text as a hover shows well. */
const MAX_LENGTH = 240

/** The first paragraph of a description, as plain text. */
export function plainText(markdown: string | undefined): string {
  const [first = ''] = (markdown ?? '').trim().split(/\n\s*\n|\n(?=\s*[-*] )|:\s*\n(?=\s*```)/, 1)
  const text = first
    // Links within their site lead nowhere from here.
    .replace(/!?\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replace(/<\/?[a-z][^>]*>/g, '')
    .replace(/\*\*/g, '')
    .replaceAll('*/', '* /')
    .replace(/\s+/g, ' ')
    // What comes next in the original is not here: a link, a list.
    .replace(/ ?(Learn more|See|Note)( [^.:]*)?[.:]?\s*$/, '')
    .replace(/([.!?]) [^.!?]*:\s*$/, '$1')
    .trim()
  if (text.length <= MAX_LENGTH) return text
  const cut = text.slice(0, MAX_LENGTH)
  const end = Math.max(cut.lastIndexOf('. '), cut.lastIndexOf('.) '))
  return end > 40 ? cut.slice(0, end + 1) : `${cut.slice(0, cut.lastIndexOf(' '))} …`
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line && line.length + word.length + 1 > width) {
      lines.push(line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  return line ? [...lines, line] : lines
}

/** A documentation comment of paragraphs, with a line break after it; nothing where there is nothing to say. */
export function comment(paragraphs: readonly (string | undefined)[], indent = ''): string {
  const said = paragraphs.filter((text): text is string => !!text)
  if (!said.length) return ''
  const [only] = said
  if (said.length === 1 && indent.length + only!.length + 7 <= WIDTH) return `${indent}/** ${only} */\n`
  const lines = said.flatMap((text, index) => {
    // Tags stand together.
    const gap = index > 0 && !(text.startsWith('@') && said[index - 1]!.startsWith('@')) ? [''] : []
    return [...gap, ...wrap(text, WIDTH - indent.length - 3)]
  })
  return `${indent}/**\n${lines.map(line => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`
}

function defaultOf({ default: value, description = '' }: Schema): string | undefined {
  if (value === undefined || value === null || /@default/.test(description)) return undefined
  return typeof value === 'object'
    ? undefined
    : `@default ${typeof value === 'string' ? `'${value}'` : value}`
}

/** What is said of a member of a shape. */
export function memberDocs(schema: Schema): readonly (string | undefined)[] {
  return [plainText(schema.description), schema.deprecated ? '@deprecated' : undefined, defaultOf(schema)]
}
