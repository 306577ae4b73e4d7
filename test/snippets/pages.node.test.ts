import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireBuild, root } from '../package/built.ts'
import { moduleOf, promisedOutput, readBlocks } from './blocks.ts'
import { readPages } from './pages.ts'

const run = promisify(execFile)
const folder = join(import.meta.dirname, '.generated')
const pages = readPages()
const blocks = pages.flatMap(readBlocks)
const programs = blocks
  .filter(({ language }) => ['ts', 'js', 'html'].includes(language))
  .map((block, place) => ({ ...block, block, file: join(folder, `block-${place + 1}.ts`) }))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: [
    'lib.es2023.d.ts',
    'lib.esnext.disposable.d.ts',
    'lib.dom.d.ts',
    'lib.dom.iterable.d.ts',
    'lib.dom.asynciterable.d.ts',
  ],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  allowJs: true,
  noEmit: true,
  skipLibCheck: true,
}

/** One program for all blocks: what a type costs is loaded once. */
function typeErrors(): ReadonlyMap<string, readonly string[]> {
  const program = ts.createProgram(
    programs.map(({ file }) => file),
    compilerOptions,
  )
  return new Map(
    programs.map(({ file }) => {
      const source = program.getSourceFile(file)
      const diagnostics = [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ]
      return [file, diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))]
    }),
  )
}

beforeAll(() => {
  requireBuild()
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const { block, file } of programs) writeFileSync(file, moduleOf(block))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the programs of the pages', () => {
  it('are all found', () => {
    expect(pages.map(({ path }) => path)).toEqual(expect.arrayContaining(['README.md', 'docs/streaming.md']))
    expect(programs.length).toBeGreaterThan(40)
    const given = pages.flatMap(({ text }) => text.match(/^<!-- given: /gm) ?? [])
    expect(given.length).toBe(blocks.filter(({ given }) => given.length).length)
    const known = ['ts', 'js', 'html', 'sh', 'text']
    expect(blocks.filter(({ language }) => !known.includes(language))).toEqual([])
  })

  it('type-check', { timeout: 60_000 }, () => {
    const errors = typeErrors()
    for (const { title, file } of programs) expect(errors.get(file), title).toEqual([])
  })

  it.each(programs)('run: $title', { timeout: 20_000 }, async ({ block, file }) => {
    const runner = join(import.meta.dirname, 'run.mjs')
    const { stdout } = await run(process.execPath, [runner, file], { cwd: root, timeout: 15_000 })
    for (const text of promisedOutput(block)) expect(stdout).toContain(text)
  })
})

/** What a page may tell its reader to run that is no script of this package. */
const commands = [/^(npm install|deno add npm:|bun add) ?llmfetch$/, /^npm ci$/, /^bash \.ci\/run$/]

describe('the commands of the pages', () => {
  const named = pages.flatMap(page => {
    const blocks = readBlocks(page).filter(({ language }) => language === 'sh')
    // Texts and tables name commands too.
    const inline = [...page.text.matchAll(/`(npm (?:run [a-z\d:-]+|test|ci))/g)].map(
      ([, command]) => command!,
    )
    return [...blocks.flatMap(({ code }) => code.split('\n')), ...inline]
  })

  it.each([...new Set(named)])('exist: %s', command => {
    const script = /^npm (?:run ([a-z\d:-]+)|(test))/.exec(command)
    if (script) expect(manifest.scripts).toHaveProperty(script[1] ?? script[2]!)
    else
      expect(
        commands.some(known => known.test(command)),
        command,
      ).toBe(true)
  })

  it('name the demo and the tests', () => {
    expect(named).toEqual(expect.arrayContaining(['npm ci', 'npm run demo', 'npm test']))
  })
})
