import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A fenced block of the README or another page. */
export interface Block {
  readonly language: string
  readonly code: string
  /** The section that it stands in, and its line: what a failing test is named after. */
  readonly title: string
  /** Names of `given.mjs` that it uses without declaring them: `<!-- given: client, messages -->` right above it. */
  readonly given: readonly string[]
}

const pages = ['README.md', 'docs/cache.md'].map(name => {
  return { name, text: readFileSync(join(import.meta.dirname, '../..', name), 'utf8') }
})

/** All pages. */
export const readme: string = pages.map(({ text }) => text).join('\n')

export function readBlocks(): readonly Block[] {
  return pages.flatMap(readPage)
}

function readPage({ name, text }: (typeof pages)[number]): readonly Block[] {
  const blocks: Block[] = []
  let section = ''
  let open: { language: string; line: number; given: readonly string[]; lines: string[] } | undefined
  const lines = text.split('\n')
  lines.forEach((line, place) => {
    const fence = /^```(\w*)$/.exec(line)
    if (open && fence) {
      const { language, given } = open
      blocks.push({ language, given, code: open.lines.join('\n'), title: `${section}, line ${open.line}` })
      open = undefined
    } else if (open) open.lines.push(line)
    else if (fence) {
      const given = /^<!-- given: (.+) -->$/.exec(lines[place - 1] ?? '')?.[1]?.split(', ') ?? []
      open = { language: fence[1]!, line: place + 1, given, lines: [] }
    } else section = /^#+ (.+)$/.exec(line)?.[1] ?? section
  })
  if (open) throw new Error(`${name}: the block at line ${open.line} is not closed`)
  return blocks
}

/** What of a block is a module: a page's script, or all of it. */
export function moduleOf({ language, code, given }: Block): string {
  const script = language === 'html' ? /<script type="module">\n(.*)<\/script>/s.exec(code)?.[1] : code
  if (script === undefined) throw new Error('A block of HTML without a module script')
  const imported = given.length ? `import { ${given.join(', ')} } from '../given.mjs'\n` : ''
  // Makes a module of a block without imports, whose names would be shared otherwise.
  return `${imported}${script}\nexport {}\n`
}

/** What a block's comments `//=> …` promise to be printed. */
export function promisedOutput({ code }: Block): readonly string[] {
  return [...code.matchAll(/\/\/=> (.+)$/gm)].map(([, text]) => text!.trim())
}
