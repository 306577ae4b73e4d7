// Writes docs/api.md, the public surface as the built declarations have it, so that a change of it is seen in a diff:
//
//   npm run api              writes it
//   npm run api -- --check   changes nothing, and fails when it is out of date
//
// A path among the arguments takes the place of docs/api.md.

import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import process from 'node:process'
import ts from 'typescript'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const options = process.argv.slice(2)
const page = options.find(option => !option.startsWith('-')) ?? join(root, 'docs/api.md')
const HEAD = `<!-- generated: npm run api -->
# API

What each entry exports: its declaration, with the first sentence and the defaults of what its source says of it. Written from the
built declarations; CI fails when this page is stale, so that a review sees each change of the public surface.
`

/** The entries of package.json, by the name that users import. */
function listEntries() {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return Object.entries(exports)
    .map(([path, target]) => [path.replace('.', name), target.default ?? target])
    .filter(([, target]) => target.endsWith('.js'))
    .map(([entry, target]) => ({ entry, file: join(root, target.replace(/\.js$/, '.d.ts')) }))
}

/** A comment on one line: its first sentence and its defaults. */
function shorten(comment) {
  const text = comment.replace(/^\/\*\*|\*\/$/g, '').replace(/^\s*\* ?/gm, '')
  const [prose, ...tags] = text.split(/(?:^|\s)(?=@[a-z]+\b)/)
  const words = tags.filter(tag => /^@(default|deprecated|internal)\b/.test(tag))
  // A sentence ends before a capital, not within "e.g. this" or a file's name.
  const [sentence] = prose.trim().split(/\n\n|(?<=\.)\s+(?=[A-Z`'{])/)
  const line = [sentence, ...words]
    .join(' ')
    .replace(/\{@link ([^}]+)\}/g, '`$1`')
    .replace(/\s+/g, ' ')
    .trim()
  return line && `/** ${line} */`
}

/** The text of a declaration, its comments shortened. */
function print(node) {
  return node
    .getText()
    .replace(/^(export )?(declare )?/, '')
    .replace(/\/\*\*.*?\*\//gs, shorten)
    .replace(/^[ \t]*(#private;)?\n/gm, '')
}

/** Every name that a declaration refers to, of those that this package declares. */
function namesIn(node, checker) {
  const found = new Set()
  const visit = child => {
    if (ts.isIdentifier(child)) {
      const symbol = resolve(checker.getSymbolAtLocation(child), checker)
      if (isOwn(symbol) && !(symbol.flags & ts.SymbolFlags.TypeParameter)) found.add(symbol)
    }
    ts.forEachChild(child, visit)
  }
  visit(node)
  return found
}

function resolve(symbol, checker) {
  return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

/** Whether a symbol is a declaration of this package that stands by itself, and no member of another. */
function isOwn(symbol) {
  const [node] = symbol?.declarations ?? []
  if (!node?.getSourceFile().fileName.startsWith(`${dist}/`)) return false
  return ts.isSourceFile((ts.isVariableDeclaration(node) ? node.parent.parent : node).parent)
}

function statementsOf(symbol) {
  return symbol.declarations.map(node => (ts.isVariableDeclaration(node) ? node.parent.parent : node))
}

function describe(name, symbol) {
  const [node] = statementsOf(symbol)
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).slice(-1)
  const sentence = comment ? shorten(comment.getText()).slice(4, -3) : ''
  const text = statementsOf(symbol).map(print).join('\n')
  return `### ${name}\n\n${sentence && `${sentence}\n\n`}\`\`\`ts\n${text}\n\`\`\`\n`
}

function byName([a], [b]) {
  return a < b ? -1 : 1
}

function createReport() {
  const entries = listEntries()
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, skipLibCheck: true },
  )
  const checker = program.getTypeChecker()
  const shown = new Map()
  const sections = entries.map(({ entry, file }) => {
    const source = program.getSourceFile(file)
    if (!source) throw new Error(`${relative(root, file)} is missing: npm run build`)
    const symbols = checker
      .getExportsOfModule(checker.getSymbolAtLocation(source))
      .map(symbol => [symbol.name, resolve(symbol, checker)])
    // What another entry shows already is only named.
    const own = symbols.filter(([, symbol]) => !shown.has(symbol)).sort(byName)
    for (const [name, symbol] of own) shown.set(symbol, name)
    return [`## ${entry}\n`, ...own.map(([name, symbol]) => describe(name, symbol))].join('\n')
  })
  return [HEAD, ...sections, describeHidden(shown, checker)].join('\n')
}

/** What exports are made of and cannot be imported by name: a change of it is a change of theirs. */
function describeHidden(shown, checker) {
  const hidden = new Map()
  for (const symbol of [...shown.keys()]) follow(symbol)
  function follow(symbol) {
    for (const node of statementsOf(symbol))
      for (const other of namesIn(node, checker))
        if (!shown.has(other)) {
          shown.set(other, other.name)
          hidden.set(other, other.name)
          follow(other)
        }
  }
  const parts = [...hidden].map(([symbol, name]) => [name, symbol]).sort(byName)
  return ['## Not exported\n', ...parts.map(([name, symbol]) => describe(name, symbol))].join('\n')
}

const report = createReport()
if (options.includes('--check')) {
  const committed = readFileSync(page, 'utf8')
  if (committed !== report) {
    const lines = committed.split('\n')
    const place = report.split('\n').findIndex((line, index) => line !== lines[index])
    console.error(`${relative(root, page)} is stale from line ${place + 1} on: npm run api`)
    process.exitCode = 1
  }
} else writeFileSync(page, report)
