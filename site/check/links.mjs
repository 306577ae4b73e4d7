// Follows every link in the built pages: to a file of the site, and to the heading in it.

import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { base, built, repository, root } from '../paths.mjs'

/** A page as a reader's browser asks for it: `/docs/tools` is docs/tools.html, `/docs/` is docs/index.html. */
export function findFile(path) {
  const plain = decodeURIComponent(path)
  const names = plain.endsWith('/') ? [`${plain}index.html`] : [plain, `${plain}.html`]
  return names
    .map(name => join(built, name))
    .find(file => statSync(file, { throwIfNoEntry: false })?.isFile())
}

function idsOf(html) {
  return new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))
}

function decode(text) {
  return text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'")
}

/** What is wrong with a link on a page; undefined for a good one. */
function problemOf(link, page, ids) {
  // The repository's files are at hand, whatever host shows them. Of what was generated it has none.
  const [, file] = /\/(?:blob|tree|edit)\/main\/([^#?]+)/.exec(link) ?? []
  if (file && link.startsWith(repository)) {
    const isThere = !file.startsWith('site/generated/') && existsSync(join(root, file))
    return isThere ? undefined : 'no such file in the repository'
  }
  if (/^[a-z]+:/.test(link)) return undefined
  const url = new URL(link, `http://site${base}${page}`)
  if (!url.pathname.startsWith(base)) return 'it leaves the site'
  const target = findFile(url.pathname.slice(base.length - 1))
  if (!target) return 'no such page'
  const anchor = decodeURIComponent(url.hash.slice(1))
  return anchor && !ids(target).has(anchor) ? 'no such heading' : undefined
}

/** Every page, how many links they have, and those that lead nowhere. */
export function checkLinks() {
  const pages = globSync('**/*.html', { cwd: built }).filter(page => page !== '404.html')
  const known = new Map()
  const ids = file => {
    if (!known.has(file)) known.set(file, idsOf(readFileSync(file, 'utf8')))
    return known.get(file)
  }
  const problems = []
  let links = 0
  for (const page of pages) {
    const html = readFileSync(join(built, page), 'utf8')
    // One that could not be rendered is empty, and its build succeeds.
    if (!/<h1\b/.test(html)) problems.push(`${page}: it is empty`)
    for (const [, target] of html.matchAll(/<(?:a|img|link|script)\b[^>]*?\s(?:href|src)="([^"]*)"/g)) {
      links += 1
      const problem = problemOf(decode(target), page, ids)
      if (problem) problems.push(`${page}: ${target}: ${problem}`)
    }
  }
  return { pages: pages.length, links, problems }
}
