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
const publishing = jobs.filter(({ job }) => job.permissions?.['id-token'] && !job.permissions.pages)
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

describe('the workflows', () => {
  it('are found', () => {
    expect(workflows.map(({ path }) => path).sort()).toEqual([
      '.github/workflows/ci.yml',
      '.github/workflows/pages.yml',
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

  // The site's job may ask for the same right as those that publish: it runs the one action that needs it.
  it('deploy the site and do nothing else with the right to', () => {
    const deploying = jobs.filter(({ job }) => job.permissions?.pages)
    expect(deploying.map(({ name }) => name)).toEqual(['.github/workflows/pages.yml, deploy'])
    for (const { job } of deploying) {
      expect(job.permissions).toEqual({ pages: 'write', 'id-token': 'write' })
      expect(job.steps?.map(({ uses, run }) => [uses?.split('@')[0], run])).toEqual([
        ['actions/deploy-pages', undefined],
      ])
    }
  })

  // Whatever runs in such a job may ask for the right to publish, as any version of any package of this project.
  describe.each(publishing)('that may publish: $name', ({ job }) => {
    const commands = (job.steps ?? []).flatMap(({ run = '' }) => run.split('\n')).filter(Boolean)

    it('may do nothing else', () => {
      const { 'id-token': _, contents = 'read', ...others } = job.permissions ?? {}
      expect([contents, others]).toEqual(['read', {}])
    })

    it('run no code of dependencies, nor any that no lockfile holds to its hash', () => {
      const installs = commands.filter(command => /\bnpm (ci|i|install|add)\b/.test(command))
      expect(
        installs.filter(command => !/^npm ci --prefix [a-z0-9]+ --ignore-scripts /.test(command)),
      ).toEqual([])
      for (const [, path] of installs.join('\n').matchAll(/--prefix (\S+)/g))
        expect(existsSync(join(root, path!, 'package-lock.json')), path).toBe(true)
      expect(commands.join('\n')).not.toMatch(/\b(npx|npm (run|exec|x|pack|test)|node|curl|wget)\b/)
    })
  })

  it('publish on npm with provenance, and on JSR from a checkout, by the locked Deno', () => {
    expect(publishing.map(({ name }) => name.split(', ')[1])).toEqual(['npm', 'jsr'])
    const [npm = [], jsr = []] = publishing.map(({ job }) => job.steps ?? [])
    expect(npm.map(({ run }) => run).join('\n')).toMatch(/^npm publish .+ --provenance$/m)
    expect(jsr[0]?.uses).toMatch(/^actions\/checkout@/)
    const [, deno, prefix] = /^((\w+)\/node_modules\/\.bin\/deno) publish /m.exec(jsr.at(-1)?.run ?? '') ?? []
    expect(jsr.map(({ run }) => run).join('\n')).toContain(`npm ci --prefix ${prefix} --ignore-scripts `)
    const lock = JSON.parse(readFileSync(join(root, `${prefix}/package-lock.json`), 'utf8'))
    expect(lock.packages['node_modules/deno'].integrity, deno).toMatch(/^sha512-/)
    expect(lock.packages['node_modules/@deno/linux-x64-glibc'].integrity).toMatch(/^sha512-/)
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
    expect(named).toContain('build')
    expect(named.filter(name => !(name in scripts))).toEqual([])
    const files = commands.flatMap(command => command.match(/(scripts|\.ci)\/[\w.-]+/g) ?? [])
    expect(files).toEqual(expect.arrayContaining(['.ci/run', '.ci/version', 'scripts/cdn.mjs']))
    expect(files.filter(file => !existsSync(join(root, file)))).toEqual([])
  })
})
