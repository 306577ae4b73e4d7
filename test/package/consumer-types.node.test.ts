import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireBuild, root } from './built.ts'

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const entries = Object.values<string>(exports)
  .filter(file => file.endsWith('.js'))
  .map(file => join(root, file.replace(/\.js$/, '.d.ts')))

const folder = join(import.meta.dirname, '.generated')

/** A user's program, which imports the package by its name: each mistake in it must be found, and nothing else. */
const programs = ['mistakes', 'accepted'].map(name => ({ name, file: join(folder, `${name}.ts`) }))

/** What of a type test a user's program may not have: the types of vitest are newer than some compilers. */
function asProgram(test: string): string {
  return test
    .replace(
      "import { expectTypeOf } from 'vitest'",
      'declare function expectTypeOf<T>(value?: T): { toEqualTypeOf<U>(): void; toExtend<U>(): void }',
    )
    .replace("'../../src/index.ts'", "'llmfetch'")
}

beforeAll(() => {
  requireBuild()
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const { name, file } of programs)
    writeFileSync(file, asProgram(readFileSync(join(root, `test/types/${name}.test-d.ts`), 'utf8')))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const declarations = { files: [...entries, ...programs.map(({ file }) => file)] }

/** The examples, which have manifests of their own, and so do not find the package by its name. Deno checks its own. */
const examples = {
  files: globSync('examples/*/**/*.ts', {
    cwd: root,
    exclude: ['examples/{deno,relay-deno}/**', '**/node_modules'],
  }).map(file => join(root, file)),
  module: 'esnext',
  moduleResolution: 'bundler',
  allowImportingTsExtensions: true,
  paths: {
    llmfetch: [join(root, 'dist/index.d.ts')],
    'llmfetch/relay': [join(root, 'dist/relay/index.d.ts')],
  },
}

/** What a compiler finds wrong with files, in a project that checks its libraries too. */
function errorsOf(
  compiler: string,
  lib: readonly string[],
  types: readonly string[],
  { files, ...more }: { readonly files: readonly string[] } = declarations,
): string {
  const project = join(folder, 'tsconfig.json')
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    lib,
    types,
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
    ...more,
  }
  writeFileSync(project, JSON.stringify({ compilerOptions, files }))
  const args = [join(root, `node_modules/${compiler}/bin/tsc`), '-p', project, '--pretty', 'false']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  return status === 0 ? '' : `${stdout}${stderr}`
}

const page = ['es2022', 'dom', 'dom.iterable']

describe.each([
  ['a page, as bundlers set it up', page, []],
  ['a program for Node, without the types of browsers', ['es2022'], ['node']],
  ['a Worker, with the types of Cloudflare alone', ['es2022'], ['@cloudflare/workers-types']],
])('the declarations, in %s', (_, lib, types) => {
  it('fit, and find the mistakes', { timeout: 120_000 }, () => {
    expect(errorsOf('typescript', lib, types)).toBe('')
  })
})

describe('the declarations, read by another compiler', () => {
  it.each(['typescript-5.4', 'typescript-5.9', 'typescript-7'])(
    'fit, and find the mistakes: %s',
    { timeout: 120_000 },
    compiler => {
      expect(errorsOf(compiler, page, [])).toBe('')
    },
  )
})

describe('the examples', () => {
  it.each([
    ['Node alone', ['es2023', 'esnext.disposable'], ['node']],
    ['Workers alone', ['es2023', 'esnext.disposable'], ['@cloudflare/workers-types']],
    ['a page and Node', [...page, 'esnext.disposable'], ['node']],
  ])('type-check in %s', { timeout: 120_000 }, (_, lib, types) => {
    // A page's program has a document.
    const files = examples.files.filter(file => lib.includes('dom') || !file.includes('/vite/'))
    expect(files.length).toBeGreaterThanOrEqual(6)
    expect(errorsOf('typescript', lib, types, { ...examples, files })).toBe('')
  })
})
