// The sidebars: of docs/README.md, the index that GitHub shows too, and of the entries that were documented.

import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { generated, manifest, root } from '../paths.mjs'

/** A group for each list in the index, with what stands above it as its title. */
export function guideSidebar() {
  const index = readFileSync(join(root, 'docs/README.md'), 'utf8')
  const groups = [...index.matchAll(/^([^\n]+):\n\n((?:- .+\n)+)/gm)].map(([, text, list]) => ({
    text,
    items: [...list.matchAll(/^- \[([^\]]+)\]\(([\w-]+)\.md\)/gm)].map(([, title, page]) => ({
      text: title.replaceAll('`', ''),
      link: `/docs/${page}`,
    })),
  }))
  const [first, ...others] = groups
  const start = [
    { text: 'Overview', link: '/overview' },
    { text: 'Try it here', link: '/try' },
  ]
  return [{ ...first, items: [...start, ...first.items] }, ...others]
}

/** Each entry with its functions and classes. Of the two that are generated there are hundreds: their own pages list them. */
export function apiSidebar() {
  const entries = Object.keys(manifest.exports)
    .filter(path => !path.endsWith('.json'))
    .map(path => path.replace('.', manifest.name))
  return entries.map(name => {
    const folder = join(generated, 'api', name)
    const items = ['functions', 'classes'].flatMap(kind =>
      globSync(`${kind}/*.md`, { cwd: folder })
        .map(file => basename(file, '.md'))
        .sort((one, other) => one.localeCompare(other, 'en'))
        .map(text => ({ text, link: `/api/${name}/${kind}/${text}` })),
    )
    const link = `/api/${name}/`
    const isListed = name === manifest.name || items.length <= 100
    return isListed ? { text: name, link, collapsed: true, items } : { text: name, link }
  })
}
