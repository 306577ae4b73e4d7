// Writes the home page of the README, so that the site makes no second set of claims.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { slugify } from './.vitepress/links.mjs'
import { generated, root } from './paths.mjs'

/** A text of the README that must be there: a home page without its promises is not built. */
function find(readme, pattern) {
  const found = pattern.exec(readme)
  if (!found) throw new Error(`README.md has no ${pattern}`)
  return found
}

/** What the home page takes: the line that says what this is, the promises, the first program and where to read on. */
function readHome(readme) {
  const [, name, tagline] = find(readme, /^# (.+)\n\n(.+)\n/)
  const [, heading, list] = find(readme, /^## (Four promises.*)\n\n((?:\d\. .+\n(?: {3}.+\n)*)+)/m)
  const promises = [...list.matchAll(/^\d\. \*\*(.+?)\.?\*\* ([\s\S]+?)(?=\n\d\. |\n$)/gm)].map(
    ([, title, text]) => ({
      title,
      details: text.replace(/\s+/g, ' ').replace(/\[([^\]]+)\]\([^)]+\)/g, '$1'),
    }),
  )
  if (promises.length !== 4) throw new Error(`README.md has ${promises.length} promises`)
  const [start] = find(
    readme,
    /^A Worker that holds the key:\n\n```ts\n[\s\S]+?\n```\n\n[\s\S]+?```html\n[\s\S]+?\n```\n\n.+\n.+\n/m,
  )
  const [, reading] = find(readme, /^## Read on\n\n((?:- .+\n(?: {2}.+\n)*)+)/m)
  return { name, tagline, anchor: slugify(heading), promises, start, reading }
}

export function writeHome() {
  const { name, tagline, anchor, promises, start, reading } = readHome(
    readFileSync(join(root, 'README.md'), 'utf8'),
  )
  const frontmatter = {
    layout: 'home',
    hero: {
      name,
      tagline,
      actions: [
        { theme: 'brand', text: 'Start', link: '/overview#install' },
        { theme: 'alt', text: 'Recipes', link: '/docs/recipes' },
        { theme: 'alt', text: 'API reference', link: '/api/' },
      ],
    },
    features: promises.map(promise => ({ ...promise, link: `/overview#${anchor}` })),
  }
  // YAML takes JSON.
  const page = `---\n${JSON.stringify(frontmatter, null, 2)}\n---\n\n## Try it here\n\n<LiveExample />\n\n## A server and a page\n\n${start}\n## Read on\n\n${reading}`
  writeFileSync(join(generated, 'index.md'), page)
}
