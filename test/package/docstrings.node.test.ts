import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { root } from './built.ts'

const entry = join(root, 'src/index.ts')
const program = ts.createProgram([entry], {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  types: [],
  allowImportingTsExtensions: true,
  noEmit: true,
})
const checker = program.getTypeChecker()

/** What the root exports that is there at run time: functions, classes and schemas. */
const values = checker
  .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)!)!)
  .map(symbol => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
  .filter(symbol => symbol.flags & ts.SymbolFlags.Value)
  .map(symbol => ({
    name: symbol.name,
    text: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
    examples: symbol
      .getJsDocTags(checker)
      .filter(({ name }) => name === 'example')
      .map(({ text }) => ts.displayPartsToString(text)),
  }))

describe('the documentation of', () => {
  it('every value that the root exports is read', () => {
    expect(values.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['createClient', 'retry', 'LLMClient', 'RateLimitError', 'openStream']),
    )
    expect(values.length).toBeGreaterThan(70)
  })

  it.each(values)('$name has a text, and an example that uses it', ({ name, text, examples }) => {
    expect(text).not.toBe('')
    expect(examples.join('\n')).toContain(name)
    for (const example of examples) {
      const { diagnostics } = ts.transpileModule(example, {
        reportDiagnostics: true,
        compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
      })
      expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([])
    }
  })
})
