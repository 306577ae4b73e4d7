import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../package/built.ts'

export interface Page {
  /** From the repository's folder, with slashes: `docs/streaming.md`. */
  readonly path: string
  readonly text: string
}

/** Pages that a person wrote: a new one in `docs` is among them by itself. A script's output begins with a comment that says so. */
export function readPages(): readonly Page[] {
  const paths = [
    'README.md',
    'CONTRIBUTING.md',
    'llms.txt',
    ...globSync('docs/**/*.md', { cwd: root }).sort(),
  ]
  return paths
    .map(path => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(root, path), 'utf8') }))
    .filter(({ text }) => !text.startsWith('<!-- generated'))
}
