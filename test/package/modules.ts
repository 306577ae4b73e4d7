import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { root } from './built.ts'

interface Import {
  /** A path from `src`, or a package's name. */
  readonly target: string
  readonly isPackage: boolean
  /** Gone when compiled: `import type`, or nothing but `type` specifiers. */
  readonly isTypeOnly: boolean
}

export interface Module {
  /** From `src`, with slashes. */
  readonly path: string
  /** The folder right under `src`; `''` for a file in `src` itself. */
  readonly folder: string
  readonly source: ts.SourceFile
  readonly imports: readonly Import[]
}

export function readModules(): readonly Module[] {
  const paths = globSync('**/*.ts', { cwd: join(root, 'src') }).map(path => path.replaceAll('\\', '/'))
  return paths.sort().map(path => {
    const text = readFileSync(join(root, 'src', path), 'utf8')
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
    return { path, folder: folderOf(path), source, imports: readImports(path, source) }
  })
}

export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : ''
}

function readImports(path: string, source: ts.SourceFile): readonly Import[] {
  const imports: Import[] = []
  visit(source, node => {
    const specifier = specifierOf(node)
    if (specifier === undefined) return
    const isPackage = !specifier.startsWith('.')
    const target = isPackage ? specifier : join(dirname(path), specifier).replaceAll('\\', '/')
    imports.push({ target, isPackage, isTypeOnly: isTypeOnly(node) })
  })
  return imports
}

/** What a node imports from: a declaration, `import('…')` as a value, or as a type. */
function specifierOf(node: ts.Node): string | undefined {
  let specifier: ts.Node | undefined
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) specifier = node.moduleSpecifier
  else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    specifier = node.arguments[0]
  else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) specifier = node.argument.literal
  return specifier && ts.isStringLiteralLike(specifier) ? specifier.text : undefined
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportTypeNode(node)) return true
  if (ts.isExportDeclaration(node)) {
    const named = node.exportClause && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : []
    return node.isTypeOnly || (named.length > 0 && named.every(element => element.isTypeOnly))
  }
  const clause = ts.isImportDeclaration(node) ? node.importClause : undefined
  if (!clause) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const bindings = clause.namedBindings
  if (clause.name || !bindings || !ts.isNamedImports(bindings)) return false
  return bindings.elements.length > 0 && bindings.elements.every(element => element.isTypeOnly)
}

/** Calls `see` for a node and everything in it. */
export function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node)
  ts.forEachChild(node, child => visit(child, see))
}
