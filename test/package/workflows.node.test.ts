import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { root } from './built.ts'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: { readonly [name: string]: unknown }
}

type Permissions = { readonly [scope: string]: 'read' | 'write' | 'none' }

interface Job {
  readonly uses?: string
  readonly permissions?: Permissions
  readonly 'timeout-minutes'?: number
  readonly steps?: readonly Step[]
}

interface Workflow {
  readonly path: string
  readonly text: string
  readonly permissions?: Permissions
  readonly concurrency?: object
  readonly jobs: { readonly [name: string]: Job }
}

const workflows = globSync('.github/workflows/*.{yml,yaml}', { cwd: root }).map(path => {
  const text = readFileSync(join(root, path), 'utf8')
  return { ...(parse(text) as Omit<Workflow, 'path' | 'text'>), path, text } satisfies Workflow
})
const jobs = workflows.flatMap(workflow =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ name: `${workflow.path}, ${name}`, job })),
)
const steps = jobs.flatMap(({ name, job }) => (job.steps ?? []).map(step => ({ name, step })))
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

describe('the workflows', () => {
  it('are found', () => {
    expect(workflows.map(({ path }) => path).sort()).toEqual([
      '.github/workflows/ci.yml',
      '.github/workflows/release.yml',
    ])
    expect(steps.length).toBeGreaterThan(10)
  })

  it('use actions of a full commit, with the version beside it', () => {
    const lines = workflows.flatMap(({ text }) => text.match(/^.*\buses:.*$/gm) ?? [])
    const used = [...steps.map(({ step }) => step), ...jobs.map(({ job }) => job)].filter(({ uses }) => uses)
    expect(lines.length).toBe(used.length)
    const form = /uses: (\.\/\.github\/workflows\/[a-z]+\.yml|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/
    expect(lines.filter(line => !form.test(line))).toEqual([])
  })

  it('pin an action the same way everywhere', () => {
    const pins = new Map<string, string>()
    for (const { step } of steps) {
      const [action = '', commit = ''] = step.uses?.split('@') ?? []
      if (action) expect(pins.get(action) ?? commit, action).toBe(commit)
      pins.set(action, commit)
    }
  })

  it.each(jobs)('give a job the permissions that it names alone: $name', ({ job }) => {
    expect(job.permissions).toBeDefined()
    expect(job.uses ?? job['timeout-minutes']).toBeDefined()
  })

  it('give none to the rest, and bound what runs at once', () => {
    for (const { permissions, concurrency } of workflows) {
      expect(permissions).toEqual({})
      expect(concurrency).toBeDefined()
    }
  })

  it('let no code of dependencies near what it could publish with', () => {
    const trusted = jobs.filter(({ job }) => job.permissions?.['id-token'] === 'write')
    expect(trusted.map(({ name }) => name)).toEqual(['.github/workflows/release.yml, publish'])
    const commands = trusted.flatMap(({ job }) => job.steps ?? []).map(({ run = '' }) => run)
    expect(commands.join('\n')).toMatch(/npm publish .+ --provenance/)
    expect(commands.join('\n')).not.toMatch(/npm (ci|install|run|pack|exec)\b/)
  })

  it('keep no token', () => {
    for (const { text } of workflows)
      expect(text).not.toMatch(/secrets\.|_TOKEN: (?!\$\{\{ github\.token \}\})/)
  })

  it('leave no credentials in a checkout', () => {
    const checkouts = steps.filter(({ step }) => step.uses?.startsWith('actions/checkout@'))
    expect(checkouts.length).toBeGreaterThan(3)
    for (const { name, step } of checkouts) expect(step.with?.['persist-credentials'], name).toBe(false)
  })

  it('put nothing that a stranger may write into a command', () => {
    expect(steps.filter(({ step }) => step.run?.includes('${{')).map(({ name }) => name)).toEqual([])
  })

  it('run scripts that exist', () => {
    const commands = steps.flatMap(({ step }) => [
      step.run ?? '',
      String(step.with?.['version-script'] ?? ''),
    ])
    const named = commands.flatMap(command =>
      [...command.matchAll(/npm run ([a-z-]+)/g)].map(([, name]) => name!),
    )
    expect(named).toEqual(expect.arrayContaining(['build', 'changeset', 'version-packages']))
    expect(named.filter(name => !(name in scripts))).toEqual([])
    const files = commands.flatMap(command => command.match(/(scripts|\.ci)\/[\w.-]+/g) ?? [])
    expect(files).toEqual(expect.arrayContaining(['.ci/run', 'scripts/release-notes.mjs']))
    expect(files.filter(file => !existsSync(join(root, file)))).toEqual([])
  })
})
