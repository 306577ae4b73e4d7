import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The repository's folder. */
export const root: string = join(import.meta.dirname, '../..')

/** A test of the package must not pass for what was built yesterday. `npm test` builds first. */
export function requireBuild(): void {
  const newest = Math.max(...globSync('src/**/*.ts', { cwd: root }).map(file => modified(file)))
  if (!(modified('dist/index.js') >= newest))
    throw new Error('dist is missing or older than src: npm run build')
}

function modified(file: string): number {
  return statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY
}
