import { existsSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from './root.mjs'

/** A program that is only here, in the package's folder, so that it finds the package by its name. */
const consumer = join(root, 'consumer.ts')
const code = "import * as llmfetch from 'llmfetch'\nconsole.log(llmfetch)\n"
const options = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
  types: [],
  strict: true,
  noEmit: true,
}

/**
 * Lines of declarations that the compiler reads for a program which imports the root: the package's own and its dependencies',
 * without those of the language and the platform.
 */
export function countDeclarations() {
  if (!existsSync(join(root, 'dist/index.d.ts'))) throw new Error('dist is missing: npm run build')
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = file => file === consumer || fileExists(file)
  host.getSourceFile = (file, ...rest) =>
    file === consumer ? ts.createSourceFile(file, code, options.target) : getSourceFile(file, ...rest)
  const program = ts.createProgram([consumer], options, host)
  const read = program
    .getSourceFiles()
    .filter(file => file.fileName !== consumer && !program.isSourceFileDefaultLibrary(file))
  if (!read.some(({ fileName }) => fileName === join(root, 'dist/index.d.ts')))
    throw new Error('The program did not read dist/index.d.ts')
  return read.reduce((sum, { text }) => sum + text.split('\n').length, 0)
}
