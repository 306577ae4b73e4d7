import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireBuild, root } from './built.ts'

const script = join(root, 'scripts/api.mjs')
const folder = mkdtempSync(join(tmpdir(), 'llmfetch-api-'))
const page = join(folder, 'api.md')

function check(text: string): { readonly status: number | null; readonly stderr: string } {
  writeFileSync(page, text)
  return spawnSync(process.execPath, [script, '--check', page], { encoding: 'utf8' })
}

let report = ''

beforeAll(() => {
  requireBuild()
  execFileSync(process.execPath, [script, page])
  report = readFileSync(page, 'utf8')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the API report', { timeout: 60_000 }, () => {
  it('shows every export, types too', () => {
    const index = readFileSync(join(root, 'src/index.ts'), 'utf8')
    const names = [...index.matchAll(/\{([^}]+)\}/g)].flatMap(([, list]) =>
      list!.split(',').map(name => name.replace(/\btype\b/, '').trim()),
    )
    const exported = names.filter(Boolean)
    expect(exported.length).toBeGreaterThan(80)
    const [main = '', testing = '', server = ''] = report.split(/^## .+$/m).slice(1)
    expect(exported.filter(name => !main.includes(`\n### ${name}\n`))).toEqual([])
    expect(testing).toContain('\n### createFakeFetch\n')
    expect(server).toContain('\n### startFakeServer\n')
  })

  it('shows what exports are made of', () => {
    expect(report.split('\n## Not exported\n')[1]).toContain('temperature(temperature: number)')
  })

  it('keeps defaults and drops all but the first sentence', () => {
    expect(report).toContain(
      '/** How often to try again: an integer from 0 to 10. @default 3 */\n  readonly maxRetries?: number',
    )
    expect(report).not.toContain('token bucket')
    expect(report).not.toMatch(/#private|\{@link/)
  })

  it('is stale once a signature changes', () => {
    expect(check(report).status).toBe(0)
    const { status, stderr } = check(report.replace('maxRetries?: number', 'maxRetries?: string'))
    expect(status).toBe(1)
    expect(stderr).toMatch(/is stale from line \d+ on: npm run api/)
  })
})
