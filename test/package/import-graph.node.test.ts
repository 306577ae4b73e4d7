import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { root } from './built.ts'
import { folderOf, type Module, readModules, visit } from './modules.ts'

const modules = readModules()
const endpoints = ['chat', 'embeddings', 'models']

const core = ['errors', 'call', 'wire']

/** What each folder may import; `type:` means types only. Everyone may import from its own folder. Imports go down only. */
const allowed: { readonly [folder: string]: readonly string[] } = {
  errors: ['type:chat'],
  call: ['errors'],
  wire: ['errors', 'call'],
  stream: [...core, 'type:client'],
  client: core,
  policies: core,
  cache: core,
  validation: core,
  ...Object.fromEntries(endpoints.map(name => [name, [...core, 'client', 'stream']])),
  files: core,
  lists: [...core, 'client', 'stream'],
  webhooks: [...core, 'type:client'],
  usage: core,
  output: [...core, 'client', 'stream', 'validation', ...endpoints],
  tools: [...core, 'client', 'stream', 'validation', ...endpoints, 'output'],
  builder: [...core, ...endpoints, 'client', 'stream', 'validation'],
  'llm-client': [...core, ...endpoints, 'builder', 'client', 'policies', 'stream', 'validation'],
  // Subpaths are leaves.
  interceptors: core,
  mcp: [...core, 'tools', 'type:chat'],
  otel: [...core, 'policies', 'chat'],
  relay: [...core, 'client', 'stream', 'policies', 'chat', 'type:cache'],
  openai: [...core, 'client', 'stream', 'type:chat', 'type:responses'],
  responses: [...core, 'client', 'stream', 'output', 'tools', 'type:chat'],
  testing: ['stream', ...endpoints.map(name => `type:${name}`)],
}

/** Where each dependency may be imported. */
const dependencies: { readonly [name: string]: (path: string) => boolean } = {
  valibot: path => path === 'validation/schemas.ts',
  'eventsource-parser': path => /^(stream|relay)$/.test(folderOf(path)),
  ofetch: path => folderOf(path) === 'interceptors',
}

const isServer = (path: string) => /^testing\/server[^/]*\.ts$/.test(path)
const entries = [
  'index.ts',
  'interceptors/index.ts',
  'mcp/index.ts',
  'otel/index.ts',
  'relay/index.ts',
  'testing/index.ts',
]
/** Entries of files that are generated, whose names nobody lists by hand. */
const wideEntries = ['openai/index.ts', 'responses/index.ts']

/** The first way from a module back to itself. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>()
  const walk = (path: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path]
    if (done.has(path)) return undefined
    for (const next of graph.get(path) ?? []) {
      const cycle = walk(next, [...way, path])
      if (cycle) return cycle
    }
    done.add(path)
    return undefined
  }
  for (const path of graph.keys()) {
    const cycle = walk(path, [])
    if (cycle) return cycle
  }
  return undefined
}

function graphOf(keep: (imported: Module['imports'][number]) => boolean): Map<string, readonly string[]> {
  return new Map(
    modules.map(({ path, imports }) => {
      return [path, imports.filter(one => !one.isPackage && keep(one)).map(({ target }) => target)]
    }),
  )
}

describe('the import graph', () => {
  it('knows every folder', () => {
    const folders = new Set(modules.map(({ folder }) => folder).filter(Boolean))
    expect([...folders].filter(folder => !allowed[folder])).toEqual([])
    expect(modules.length).toBeGreaterThan(50)
  })

  it.each(modules.filter(({ folder }) => folder))('$path imports what its folder may', module => {
    const { folder, imports } = module
    const refused = imports.filter(({ target, isPackage, isTypeOnly }) => {
      const to = folderOf(target)
      if (isPackage || to === folder) return false
      return !allowed[folder]?.some(rule => rule === to || (isTypeOnly && rule === `type:${to}`))
    })
    expect(refused.map(({ target }) => target)).toEqual([])
  })

  it('has no file between the folders but the entry', () => {
    expect(modules.filter(({ folder }) => !folder).map(({ path }) => path)).toEqual(['index.ts'])
    const toEntry = modules.filter(({ imports }) => imports.some(({ target }) => target === 'index.ts'))
    expect(toEntry).toEqual([])
  })

  it('points at files that exist', () => {
    const paths = new Set(modules.map(({ path }) => path))
    const targets = [...graphOf(() => true).values()].flat()
    expect(targets.filter(target => !paths.has(target))).toEqual([])
  })

  it('has no cycle, not even of types', () => {
    expect(findCycle(graphOf(({ isTypeOnly }) => !isTypeOnly))).toBeUndefined()
    expect(findCycle(graphOf(() => true))).toBeUndefined()
  })

  it('finds a cycle where there is one', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b']],
    ])
    expect(findCycle(graph)).toEqual(['b', 'c', 'b'])
  })
})

/** The identifiers and texts of a module, without its comments. */
function wordsOf({ source }: Module): readonly string[] {
  const words: string[] = []
  visit(source, node => {
    if (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) words.push(node.text)
  })
  return words
}

describe('walls that imports cannot show', () => {
  it('keep the members of an endpoint out of the policies', () => {
    const policies = modules.filter(({ folder }) => folder === 'policies')
    expect(policies.length).toBeGreaterThan(5)
    const found = policies.filter(module =>
      wordsOf(module).some(word => /^(messages|choices|embeddings?)$/.test(word)),
    )
    expect(found.map(({ path }) => path)).toEqual([])
  })

  it('find an answer by its Response, never by a member of it', () => {
    const found = modules.filter(({ source }) => /'data' in/.test(source.text))
    expect(found.map(({ path }) => path)).toEqual([])
  })

  it('have no room for what belongs nowhere', () => {
    expect(modules.filter(({ folder }) => /^(internal|utils?|helpers|common)$/.test(folder))).toEqual([])
  })
})

describe('packages', () => {
  it('are the three dependencies, each where it belongs', () => {
    const refused = modules.flatMap(({ path, imports }) =>
      imports
        .filter(({ isPackage, target }) => isPackage && !target.startsWith('node:'))
        .filter(({ target }) => !dependencies[target]?.(path))
        .map(({ target }) => `${path}: ${target}`),
    )
    expect(refused).toEqual([])
  })

  it("are Node's own only in the fake server", () => {
    const users = modules.filter(({ imports }) => imports.some(({ target }) => target.startsWith('node:')))
    expect(users.map(({ path }) => path).filter(path => !isServer(path))).toEqual([])
    expect(users).not.toEqual([])
  })
})

describe('entries', () => {
  it('are the only files that export from others', () => {
    const barrels = modules.filter(({ source }) =>
      source.statements.some(node => ts.isExportDeclaration(node) && node.moduleSpecifier),
    )
    expect(
      barrels.map(({ path }) => path).filter(path => ![...entries, ...wideEntries].includes(path)),
    ).toEqual([])
  })

  it.each(entries)('%s is a list of names', entry => {
    const source = modules.find(({ path }) => path === entry)!.source
    for (const node of source.statements) {
      expect(ts.isExportDeclaration(node) && !!node.moduleSpecifier, node.getText()).toBe(true)
      const clause = (node as ts.ExportDeclaration).exportClause
      expect(clause && ts.isNamedExports(clause), node.getText()).toBe(true)
    }
  })

  it('are those that are built', () => {
    const config = readFileSync(join(root, 'tsdown.config.ts'), 'utf8')
    for (const entry of [...entries, ...wideEntries]) expect(config).toContain(`'src/${entry}'`)
  })
})

describe('runtimes', () => {
  it.each(modules)("$path uses nothing that is one runtime's own", ({ path, source }) => {
    const found: string[] = []
    visit(source, node => {
      if (ts.isIdentifier(node) && isFree(node) && runtimeNames.has(node.text)) found.push(node.text)
    })
    if (isServer(path)) return
    // One read, from `globalThis`, so that it is undefined elsewhere instead of a ReferenceError.
    if (path === 'llm-client/environment.ts') {
      expect(source.text).toMatch(/\{ process \} = globalThis as/)
      expect(new Set(found)).toEqual(new Set(['process']))
      return
    }
    expect(found).toEqual([])
  })
})

const runtimeNames = new Set([
  'process',
  'Buffer',
  'require',
  '__dirname',
  '__filename',
  'Deno',
  'Bun',
  'window',
  'document',
])

/** Whether an identifier may name a variable, and not just a member. */
function isFree(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  return !(
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isMethodDeclaration(parent)
  )
}
