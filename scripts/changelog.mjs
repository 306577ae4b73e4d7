// Keep a Changelog: what changesets say, put under its headings. https://keepachangelog.com/en/1.1.0/

const KINDS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security']
const UNRELEASED = '## [Unreleased]'

/** What a changeset tells, by kind: each line that begins with one begins an entry. Throws for a text without any. */
export function readChangeset(text, name) {
  const [, body] = /^---\n.*?\n---\n(.*)$/s.exec(text) ?? []
  const entries = []
  for (const line of (body ?? '').trim().split('\n')) {
    const [, kind, rest] = /^([A-Z][a-z]+): (.+)$/.exec(line) ?? []
    if (KINDS.includes(kind)) entries.push({ kind, lines: [rest] })
    else if (entries.length) entries.at(-1).lines.push(line)
    else throw new Error(`${name} must begin with one of ${KINDS.map(one => `"${one}: "`).join(', ')}`)
  }
  return entries.map(({ kind, lines }) => ({ kind, text: lines.join('\n').trim() }))
}

/** The text between a version's heading and the next, or undefined where there is none. */
export function sectionOf(changelog, heading) {
  const start = changelog.indexOf(`\n${heading}`)
  if (start < 0) return undefined
  const text = changelog.slice(changelog.indexOf('\n', start + 1))
  const end = text.indexOf('\n## ')
  return end < 0 ? text : text.slice(0, end)
}

/** The lists of a section by kind, as they are written. Throws for what stands under no heading that is known. */
function listsOf(section) {
  const [lead, ...parts] = section.split(/^### /m)
  const lists = new Map()
  for (const part of parts) {
    const kind = part.slice(0, part.indexOf('\n')).trim()
    lists.set(kind, part.slice(part.indexOf('\n')).trim())
  }
  const strange = [...lists.keys()].find(kind => !KINDS.includes(kind)) ?? lead.trim()
  if (strange) throw new Error(`${UNRELEASED} in CHANGELOG.md: "${strange}" is under no known heading`)
  return lists
}

/** A changelog in which all that was unreleased, there and in changesets, is a version's. */
export function release(changelog, entries, version, date) {
  if (sectionOf(changelog, `## [${version}]`) !== undefined)
    throw new Error(`CHANGELOG.md has a section for ${version} already`)
  const unreleased = sectionOf(changelog, UNRELEASED)
  if (unreleased === undefined) throw new Error(`CHANGELOG.md has no ${UNRELEASED}`)
  const lists = listsOf(unreleased)
  for (const { kind, text } of entries) {
    const item = `- ${text.replace(/\n(?=.)/g, '\n  ')}`
    lists.set(kind, lists.has(kind) ? `${lists.get(kind)}\n${item}` : item)
  }
  if (!lists.size) throw new Error('Nothing to release: no changeset, and nothing unreleased in CHANGELOG.md')
  const parts = KINDS.filter(kind => lists.has(kind)).map(kind => `### ${kind}\n\n${lists.get(kind)}\n`)
  const section = `\n\n## [${version}] - ${date}\n\n${parts.join('\n')}`
  return changelog.replace(UNRELEASED + unreleased, () => UNRELEASED + section)
}
