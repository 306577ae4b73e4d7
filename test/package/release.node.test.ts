import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { root } from './built.ts'

const CHANGELOG = `# Changelog

How it is written.

## [Unreleased]

### Fixed

- What was
  written by hand.

## [1.2.3] - 2020-01-02

### Added

- The first.
`

let folder = ''

/** A repository of the package at version 1.2.3, with this project's own settings for changesets. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llmfetch-release-'))
  mkdirSync(join(folder, '.changeset'))
  for (const file of ['config.json', 'README.md'])
    copyFileSync(join(root, '.changeset', file), join(folder, '.changeset', file))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const own = { name: 'llmfetch', version: '1.2.3' }
  const other = { version: '1.2.3' }
  write('package.json', JSON.stringify(own, null, 2))
  const packages = { '': own, 'node_modules/other': other }
  write('package-lock.json', JSON.stringify({ ...own, packages }, null, 2))
  write('CHANGELOG.md', CHANGELOG)
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(file: string, text: string): void {
  writeFileSync(join(folder, file), text)
}

function read(file: string): string {
  return readFileSync(join(folder, file), 'utf8')
}

function addChangeset(name: string, bump: string, text: string): void {
  write(`.changeset/${name}.md`, `---\n"llmfetch": ${bump}\n---\n\n${text}\n`)
}

function run(script: string, ...options: string[]) {
  const PATH = `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts', script), ...options],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, PATH } },
  )
  return { status, stdout, stderr }
}

const today = () => new Date().toISOString().slice(0, 10)

describe('a release', { timeout: 60_000 }, () => {
  it('has a section of all that changed, by kind, under the version that the changesets ask for', () => {
    addChangeset('brave-ant', 'patch', 'Fixed: a stream\nthat hung.')
    addChangeset('calm-bee', 'minor', 'Added: `thing()`.\n\nDeprecated: `other()`.\n\nUse `thing()`.')
    const days = [today()]
    expect(run('version-packages.mjs').status).toBe(0)
    days.push(today())
    const section = (day: string) => `# Changelog

How it is written.

## [Unreleased]

## [1.3.0] - ${day}

### Added

- \`thing()\`.

### Deprecated

- \`other()\`.

  Use \`thing()\`.

### Fixed

- What was
  written by hand.
- a stream
  that hung.

## [1.2.3] - 2020-01-02

### Added

- The first.
`
    expect(days.map(section)).toContain(read('CHANGELOG.md'))
    expect(readdirSync(join(folder, '.changeset')).sort()).toEqual(['README.md', 'config.json'])
    expect(JSON.parse(read('package.json')).version).toBe('1.3.0')
    const { version, packages } = JSON.parse(read('package-lock.json'))
    expect([version, packages[''].version, packages['node_modules/other'].version]).toEqual([
      '1.3.0',
      '1.3.0',
      '1.2.3',
    ])
  })

  it('follows another', () => {
    addChangeset('brave-ant', 'patch', 'Fixed: one.')
    run('version-packages.mjs')
    addChangeset('calm-bee', 'major', 'Removed: two.')
    expect(run('version-packages.mjs').status).toBe(0)
    expect(read('CHANGELOG.md').match(/^## \[.+\]/gm)).toEqual([
      '## [Unreleased]',
      '## [2.0.0]',
      '## [1.2.4]',
      '## [1.2.3]',
    ])
  })

  it('may be of the version that is there, once', () => {
    write('CHANGELOG.md', CHANGELOG.slice(0, CHANGELOG.indexOf('## [1.2.3]')))
    addChangeset('brave-ant', 'minor', 'Added: one.')
    expect(run('release-notes.mjs').status).toBe(1)
    expect(run('version-packages.mjs', '--as-is').status).toBe(0)
    expect(run('release-notes.mjs').stdout).toBe(
      '### Added\n\n- one.\n\n### Fixed\n\n- What was\n  written by hand.\n',
    )
    expect(JSON.parse(read('package.json')).version).toBe('1.2.3')
    addChangeset('calm-bee', 'minor', 'Added: two.')
    expect(run('version-packages.mjs', '--as-is').stderr).toContain('has a section for 1.2.3 already')
  })

  it('is refused for a changeset without a kind, before anything changes', () => {
    addChangeset('brave-ant', 'patch', 'A stream hung.')
    for (const options of [[], ['--check']]) {
      const { status, stderr } = run('version-packages.mjs', ...options)
      expect(status).toBe(1)
      expect(stderr).toContain('.changeset/brave-ant.md must begin with one of "Added: ", "Changed: "')
    }
    expect(read('CHANGELOG.md')).toBe(CHANGELOG)
    expect(JSON.parse(read('package.json')).version).toBe('1.2.3')
  })

  it('takes changesets as they are: the formatter would make a heading of their head', () => {
    copyFileSync(join(root, 'biome.json'), join(folder, 'biome.json'))
    addChangeset('brave-ant', 'patch', 'Fixed: one.')
    write('other.md', read('.changeset/brave-ant.md'))
    const before = read('other.md')
    const biome = join(root, 'node_modules/.bin/biome')
    spawnSync(biome, ['format', '--write', '--vcs-enabled=false', '.'], { cwd: folder })
    expect(read('other.md')).not.toBe(before)
    expect(read('.changeset/brave-ant.md')).toBe(before)
  })

  it('is refused where nothing changed', () => {
    expect(run('version-packages.mjs').status).toBe(1)
    expect(read('CHANGELOG.md')).toBe(CHANGELOG)
  })
})

describe("this repository's changesets", () => {
  it('are of the form', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(root, 'scripts/version-packages.mjs'), '--check'],
      { cwd: root, encoding: 'utf8' },
    )
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })
})
