import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { beforeAll, expect, it } from 'vitest'
import { requireBuild, root } from './built.ts'

beforeAll(requireBuild)

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const entries = Object.values<string>(exports)
  .filter(file => file.endsWith('.js'))
  .map(file => join(root, file.replace(/\.js$/, '.d.ts')))

/** What is wrong with the package's declarations in a project with these types around it, which checks its libraries too. */
function errorsWith(lib: readonly string[], types: string[]): readonly string[] {
  const program = ts.createProgram(entries, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    lib: lib.map(name => `lib.${name}.d.ts`),
    types,
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
  })
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    )
}

it.each([
  ['a page, as bundlers set it up', ['es2022', 'dom', 'dom.iterable'], []],
  ['a program for Node, without the types of browsers', ['es2022'], ['node']],
])('the declarations fit %s', { timeout: 60_000 }, (_, lib, types) => {
  expect(errorsWith(lib, types)).toEqual([])
})
