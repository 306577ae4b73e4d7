import type { Page } from './pages.ts'

/** A fenced block of a page. */
export interface Block {
  readonly language: string
  readonly code: string
  /** The page, the section and the line where it stands: what a failing test is named after. */
  readonly title: string
  /** Names of `given.mjs` that it uses without declaring them: `<!-- given: client, messages -->` right above it. */
  readonly given: readonly string[]
  /** Exports and subpaths that the package must have before it can run: `<!-- waits for: runTools, llmfetch/relay -->`. */
  readonly waitsFor: readonly string[]
}

/** The names that a comment above a block lists. There may be several comments, each on a line of its own. */
function listedAbove(lines: readonly string[], fence: number, label: string): readonly string[] {
  for (let place = fence - 1; lines[place]?.startsWith('<!-- '); place--) {
    const [, found, names] = /^<!-- ([a-z ]+): (.+) -->$/.exec(lines[place]!) ?? []
    if (found === label) return names!.split(', ')
  }
  return []
}

export function readBlocks({ path, text }: Page): readonly Block[] {
  const blocks: Block[] = []
  let section = ''
  let open: { language: string; fence: number; lines: string[] } | undefined
  const lines = text.split('\n')
  lines.forEach((line, place) => {
    const fence = /^```(\w*)$/.exec(line)
    if (open && fence) {
      const { language, fence } = open
      const title = `${path}, ${section}, line ${fence + 1}`
      const [given, waitsFor] = ['given', 'waits for'].map(label => listedAbove(lines, fence, label))
      blocks.push({ language, given: given!, waitsFor: waitsFor!, code: open.lines.join('\n'), title })
      open = undefined
    } else if (open) open.lines.push(line)
    else if (fence) open = { language: fence[1]!, fence: place, lines: [] }
    else section = /^#+ (.+)$/.exec(line)?.[1] ?? section
  })
  if (open) throw new Error(`${path}: the block at line ${open.fence + 1} is not closed`)
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
