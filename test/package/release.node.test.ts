import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { root } from './built.ts'

const CHANGELOG = `# Changelog

## 1.2.3

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
  write('package.json', JSON.stringify({ name: 'llmfetch', version: '1.2.3' }))
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

/** The first step of `.ci/version`. */
function makeVersion() {
  const changeset = join(root, 'node_modules/@changesets/cli/bin.js')
  return spawnSync(process.execPath, [changeset, 'version'], { cwd: folder, encoding: 'utf8' })
}

interface Release {
  readonly status: number | null
  /** The version that is to be published, if any. */
  readonly version: string | undefined
  readonly notes: string
}

/** Runs the step of the workflow that decides whether there is something to publish. */
function findRelease(): Release {
  const workflow = parse(readFileSync(join(root, '.github/workflows/release.yml'), 'utf8'))
  const step = workflow.jobs.pack.steps.find(({ id }: { readonly id?: string }) => id === 'find')
  const [output, temp] = [join(folder, 'output'), mkdtempSync(join(folder, 'runner-'))]
  writeFileSync(output, '')
  const env = { ...process.env, RUNNER_TEMP: temp, GITHUB_OUTPUT: output }
  const { status } = spawnSync('bash', ['-e', '-c', step.run], { cwd: folder, env, encoding: 'utf8' })
  const notes = join(temp, 'release/notes.md')
  return {
    status,
    version: /^version=(.*)$/m.exec(readFileSync(output, 'utf8'))?.[1],
    notes: existsSync(notes) ? readFileSync(notes, 'utf8').trim() : '',
  }
}

describe('the next version', { timeout: 60_000 }, () => {
  it('is the one that the changesets ask for, and has their texts in a section above the others', () => {
    addChangeset('brave-ant', 'patch', 'Fixed: a stream\nthat hung.')
    addChangeset('calm-bee', 'minor', 'Added: `thing()`.')
    expect(makeVersion().status).toBe(0)
    expect(JSON.parse(read('package.json')).version).toBe('1.3.0')
    expect(read('CHANGELOG.md').replace('# Changelog\n\n', '')).toBe(
      `## 1.3.0

### Minor Changes

- Added: \`thing()\`.

### Patch Changes

- Fixed: a stream
  that hung.

${CHANGELOG.replace('# Changelog\n\n', '')}`,
    )
    expect(globSync('.changeset/*.md', { cwd: folder })).toEqual(['.changeset/README.md'])
  })

  it("takes this repository's changesets", () => {
    for (const file of globSync('.changeset/*.md', { cwd: root }))
      copyFileSync(join(root, file), join(folder, '.changeset', basename(file)))
    addChangeset('brave-ant', 'patch', 'Fixed: one.')
    expect(makeVersion().status).toBe(0)
    expect(read('CHANGELOG.md')).toContain('- Fixed: one.')
    expect(globSync('.changeset/*.md', { cwd: folder })).toEqual(['.changeset/README.md'])
  })

  it('leaves changesets and the changelog as they are to the formatter, which would make a heading of a head', () => {
    copyFileSync(join(root, 'biome.json'), join(folder, 'biome.json'))
    addChangeset('brave-ant', 'patch', 'Fixed: one.')
    write('other.md', read('.changeset/brave-ant.md'))
    write('CHANGELOG.md', '# Changelog\n* unformatted')
    const before = ['other.md', '.changeset/brave-ant.md', 'CHANGELOG.md'].map(read)
    const biome = join(root, 'node_modules/.bin/biome')
    spawnSync(biome, ['format', '--write', '--vcs-enabled=false', '.'], { cwd: folder })
    expect(read('other.md')).not.toBe(before[0])
    expect(['.changeset/brave-ant.md', 'CHANGELOG.md'].map(read)).toEqual(before.slice(1))
  })
})

describe('a release', { timeout: 60_000 }, () => {
  it('is of the version that is there, with its section as notes', () => {
    expect(findRelease()).toEqual({ status: 0, version: '1.2.3', notes: '### Added\n\n- The first.' })
  })

  it('waits while there are changesets', () => {
    addChangeset('brave-ant', 'minor', 'Added: one.')
    expect(findRelease()).toEqual({ status: 0, version: undefined, notes: '' })
  })

  it('follows when they have become a version', () => {
    addChangeset('brave-ant', 'minor', 'Added: one.')
    makeVersion()
    const { status, version, notes } = findRelease()
    expect([status, version]).toEqual([0, '1.3.0'])
    expect(notes).toBe('### Minor Changes\n\n- Added: one.')
  })

  it('is refused for a version that CHANGELOG.md does not tell of', () => {
    write('package.json', JSON.stringify({ name: 'llmfetch', version: '1.2.30' }))
    expect(findRelease()).toMatchObject({ status: 1, version: undefined })
  })
})
