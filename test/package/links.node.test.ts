import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './built.ts'

const pages = globSync(['*.md', 'llms.txt', 'docs/**/*.md', '.changeset/README.md', '.github/**/*.md'], {
  cwd: root,
})
  .map(path => path.replaceAll('\\', '/'))
  .sort()

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

const manifest = JSON.parse(read('package.json'))
const repository: string = manifest.repository.url.replace(/^git\+|\.git$/g, '')
const hosts = [
  `${repository}/blob/main/`,
  `${repository.replace('github.com', 'raw.githubusercontent.com')}/main/`,
]

/** Without code: what looks like a link in it is none. */
function prose(text: string): string {
  return text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '')
}

/** The names that GitHub gives headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const [, title] of text.replace(/^```.*?^```$/gms, '').matchAll(/^#+ (.+)$/gm)) {
    const shown = title!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    const slug = shown
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
    let name = slug
    for (let count = 1; anchors.has(name); count++) name = `${slug}-${count}`
    anchors.add(name)
  }
  return anchors
}

function linksOf(text: string): readonly string[] {
  return [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!)
}

/** A link to the repository on GitHub is one to the file that is here. */
function localLink(page: string, link: string): string {
  const start = hosts.find(host => link.startsWith(host))
  return start ? relative(dirname(page), link.slice(start.length)) : link
}

/** What is wrong with a link on a page; undefined for a good one, or one to another host. */
function problemOf(page: string, address: string): string | undefined {
  const link = localLink(page, address)
  if (/^[a-z]+:/.test(link)) return undefined
  const [path = '', anchor] = link.split('#')
  const target = path ? join(dirname(page), path).replaceAll('\\', '/') : page
  if (!existsSync(join(root, target))) return `${page}: no file ${link}`
  return anchor && !anchorsOf(read(target)).has(anchor) ? `${page}: no heading ${link}` : undefined
}

describe('links', () => {
  it('are read from every page', () => {
    expect(pages).toEqual(
      expect.arrayContaining(['CONTRIBUTING.md', 'README.md', 'docs/README.md', 'llms.txt']),
    )
  })

  it.each(pages)('lead somewhere: %s', page => {
    expect(linksOf(read(page)).flatMap(link => problemOf(page, link) ?? [])).toEqual([])
  })

  it('would be found broken', () => {
    expect(problemOf('docs/README.md', 'nothing.md')).toBe('docs/README.md: no file nothing.md')
    expect(problemOf('docs/README.md', 'streaming.md#nothing')).toBe(
      'docs/README.md: no heading streaming.md#nothing',
    )
    expect(problemOf('docs/README.md', 'streaming.md#how-a-stream-ends')).toBeUndefined()
    const streaming = `${hosts[0]}docs/streaming.md`
    expect(problemOf('README.md', `${streaming}#how-a-stream-ends`)).toBeUndefined()
    expect(problemOf('README.md', `${streaming}#nothing`)).toBe(
      'README.md: no heading docs/streaming.md#nothing',
    )
    expect(problemOf('README.md', `${hosts[1]}docs/nothing.png`)).toBe('README.md: no file docs/nothing.png')
  })

  // npm's page of the package shows the README, and has none of the files.
  it('are whole addresses in the README, of the repository and the site that package.json names', () => {
    const links = linksOf(read('README.md'))
    const known = [...hosts, manifest.homepage]
    expect(links.filter(link => !known.some(start => link.startsWith(start)))).toEqual([])
    expect(links).toContain(manifest.homepage)
    expect(manifest.bugs).toBe(`${repository}/issues`)
    const [, owner, name] = /github\.com\/([\w-]+)\/([\w-]+)$/.exec(repository)!
    expect(manifest.homepage).toBe(`https://${owner}.github.io/${name}/`)
  })

  it('reach every page of docs from its index, and all but the index from llms.txt', () => {
    const docs = pages.filter(page => page.startsWith('docs/') && page !== 'docs/README.md')
    expect(linksOf(read('docs/README.md'))).toEqual(expect.arrayContaining(docs.map(page => page.slice(5))))
    expect(linksOf(read('llms.txt'))).toEqual(expect.arrayContaining(docs))
  })
})

describe('llms.txt', () => {
  it('has the form of llmstxt.org: a title, a summary, then lists of links', () => {
    const [title, blank, summary] = read('llms.txt').split('\n')
    expect(title).toBe('# llmfetch')
    expect(blank).toBe('')
    expect(summary).toMatch(/^> .{100,}/)
    const sections = read('llms.txt').split(/^## /m).slice(1)
    expect(sections.length).toBe(2)
    for (const section of sections)
      for (const line of section.trim().split('\n').slice(2)) expect(line).toMatch(/^- \[.+\]\(.+\)(: .+)?$/)
  })

  it('names exports that exist', () => {
    const names = new Set(read('src/index.ts').match(/\w+/g))
    const functions = read('llms.txt').match(/`(?:new )?([A-Za-z]+)(?=\()/g) ?? []
    const classes = read('llms.txt').match(/`[A-Z][A-Za-z]+Error(?=`)/g) ?? []
    const named = [...functions, ...classes].map(name => name.replace(/`(new )?/, ''))
    expect(named.length).toBeGreaterThan(8)
    expect(named.filter(name => !names.has(name))).toEqual([])
  })
})
