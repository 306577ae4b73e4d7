// A page's links work on GitHub, where files have the repository's paths. This makes them links of the site.

import { statSync } from 'node:fs'
import { join, posix, relative } from 'node:path'
import { moved, repository, root } from '../paths.mjs'

const blob = `${repository}/blob/main/`
const raw = `${repository.replace('github.com', 'raw.githubusercontent.com')}/main/`

/** The file of the repository that a link on a page leads to; undefined for another host, and for the page itself. */
function fileOf(page, path) {
  for (const start of [blob, raw]) if (path.startsWith(start)) return path.slice(start.length)
  return !path || /^([a-z]+:|\/)/.test(path) ? undefined : posix.join(posix.dirname(page), path)
}

/** The page of the site that a file of the repository is, if it is one. */
function pageOf(file) {
  if (moved[file]) return moved[file]
  if (/^(docs\/)?[\w-]+\.md$/.test(file)) return file
  return /^site\/(?:generated|pages)\/(.+\.md)$/.exec(file)?.[1]
}

/** Where a link on a page leads from the site: to a page of the site, or to the repository for what is none. */
function siteLink(page, link) {
  const [path, ...anchor] = link.split('#')
  const file = fileOf(page, path)
  if (file === undefined) return link
  if (file === 'llms.txt') return '/llms.txt'
  const target = pageOf(file)
  if (target) return [`/${target}`, ...anchor].join('#')
  const isFolder = statSync(join(root, file), { throwIfNoEntry: false })?.isDirectory()
  return [`${repository}/${isFolder ? 'tree' : 'blob'}/main/${file}`, ...anchor].join('#')
}

/** Configures markdown-it for pages that were written for GitHub: their links and pictures, and braces that are no code of Vue's. */
export function useRepositoryPages(md) {
  for (const rule of ['text', 'code_inline']) {
    const render = md.renderer.rules[rule]
    md.renderer.rules[rule] = (...args) => render(...args).replaceAll('{{', '&#123;&#123;')
  }
  md.core.ruler.push('site-links', ({ tokens, env }) => {
    const file = relative(root, env.realPath ?? env.path)
    // The reference links itself. The home page is made of the README.
    if (file.startsWith('site/generated/api/')) return
    const page = file === 'site/generated/index.md' ? 'README.md' : file
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type === 'link_open') token.attrSet('href', siteLink(page, token.attrGet('href')))
      const picture = token.type === 'image' && fileOf(page, token.attrGet('src'))
      if (picture) token.attrSet('src', `/${picture}`)
    }
  })
}

/** The name that GitHub gives a heading, so that an anchor is the same here and there. */
export function slugify(title) {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')
}
