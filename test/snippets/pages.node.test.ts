import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireBuild, root } from '../package/built.ts'
import { type Block, moduleOf, promisedOutput, readBlocks } from './blocks.ts'
import { readPages } from './pages.ts'

requireBuild()

const run = promisify(execFile)
const folder = join(import.meta.dirname, '.generated')
const pages = readPages()
const blocks = pages.flatMap(readBlocks)
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const exported: ReadonlySet<string> = new Set([
  ...Object.keys(manifest.exports).map(path => path.replace('.', 'llmfetch')),
  ...Object.keys(await import(pathToFileURL(join(root, 'dist/index.js')).href)),
])

/** What a block needs that the package does not have yet. */
function missing({ waitsFor }: Block): readonly string[] {
  return waitsFor.filter(name => !exported.has(name))
}

const all = blocks
  .filter(({ language }) => ['ts', 'js', 'html'].includes(language))
  .map((block, place) => ({ ...block, block, file: join(folder, `block-${place + 1}.ts`) }))
const programs = all.filter(({ block }) => !missing(block).length)
const waiting = all.filter(({ block }) => missing(block).length)

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  allowJs: true,
  noEmit: true,
  skipLibCheck: true,
}
const language = ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts']

/** What a reader's program may have around it, and which blocks could not be of such a program. */
const surroundings = [
  {
    name: 'a page and Node',
    lib: [...language, 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
    types: ['node'],
    foreign: /(?!)/,
  },
  { name: 'Node alone', lib: language, types: ['node'], foreign: /\b(document|location)\b/ },
  {
    name: 'Workers alone',
    lib: language,
    types: ['@cloudflare/workers-types'],
    foreign: /\b(document|location|process)\b|'(node:|expo|unstorage|llmfetch\/testing\/server)/,
  },
]

/** One program for all blocks: what a type costs is loaded once. */
function typeErrors({ lib, types, foreign }: (typeof surroundings)[number]): readonly string[] {
  const checked = programs.filter(({ block }) => !foreign.test(moduleOf(block)))
  const program = ts.createProgram(
    [...checked.map(({ file }) => file), join(import.meta.dirname, 'expo.d.ts')],
    { ...compilerOptions, lib, types },
  )
  return checked.flatMap(({ title, file }) => {
    const source = program.getSourceFile(file)
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    return found.map(({ messageText }) => `${title}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
  })
}

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const { block, file } of programs) writeFileSync(file, moduleOf(block))
  for (const { block, title } of waiting)
    console.log(`Not run: ${title}: no ${missing(block).join(', ')} yet`)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the programs of the pages', () => {
  it('are all found', () => {
    expect(pages.map(({ path }) => path)).toEqual(expect.arrayContaining(['README.md', 'docs/streaming.md']))
    expect(programs.length).toBeGreaterThan(40)
    for (const [label, key] of [
      ['given', 'given'],
      ['waits for', 'waitsFor'],
    ] as const) {
      const written = pages.flatMap(({ text }) => text.match(new RegExp(`^<!-- ${label}: `, 'gm')) ?? [])
      expect(written.length, label).toBe(blocks.filter(block => block[key].length).length)
    }
    const known = ['ts', 'js', 'html', 'sh', 'text', 'json']
    expect(blocks.filter(({ language }) => !known.includes(language))).toEqual([])
  })

  it.each(
    pages.filter(page =>
      readBlocks(page).some(({ given }) => given.length && !page.path.startsWith('README')),
    ),
  )('say what their blocks take for granted: $path', page => {
    const intro = page.text.slice(0, page.text.indexOf('```')).replaceAll('\n', ' ')
    for (const name of new Set(readBlocks(page).flatMap(({ given }) => given)))
      expect(intro).toMatch(new RegExp(`\`${name}\` in (the examples|them) is|\`${name}\` is a list`))
  })

  it.each(surroundings)('type-check in $name', { timeout: 60_000 }, where => {
    expect(typeErrors(where)).toEqual([])
  })

  it.for(waiting)('wait for what the package does not have yet: $title', ({ block }, { skip }) => {
    skip(`no ${missing(block).join(', ')} yet`)
  })

  it.each(programs)('run: $title', { timeout: 20_000 }, async ({ block, file }) => {
    const runner = join(import.meta.dirname, 'run.mjs')
    const { stdout } = await run(process.execPath, [runner, file], { cwd: root, timeout: 15_000 })
    for (const text of promisedOutput(block)) expect(stdout).toContain(text)
  })
})

/** What a page may tell its reader to run that is no script of this package. */
const commands = [
  /^(npm install|deno add npm:|bun add) ?llmfetch$/,
  /^npx jsr add @llmfetch\/llmfetch$/,
  /^npm ci$/,
  /^bash \.ci\/run$/,
]

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
