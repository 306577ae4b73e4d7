// Where things are: in the repository, and on the site.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const folder = import.meta.dirname
export const root = join(folder, '..')

/** What a build writes: the reference and the home page. Git ignores it. */
export const generated = join(folder, 'generated')

export const built = join(folder, '.vitepress/dist')

export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The repository's address, as package.json has it. */
export const repository = manifest.repository.url.replace(/^git\+|\.git$/g, '')

/** Where the site is under its host: `/llmfetch/` on GitHub Pages. */
export const base = process.env.SITE_BASE ?? '/'

/** The pages that are elsewhere on the site than in the repository. */
export const moved = {
  'README.md': 'overview.md',
  'CHANGELOG.md': 'changelog.md',
  'CONTRIBUTING.md': 'contributing.md',
  'SECURITY.md': 'security.md',
  'docs/README.md': 'docs/index.md',
  'site/pages/api.md': 'api/index.md',
}
