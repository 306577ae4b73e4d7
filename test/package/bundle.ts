import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { root } from './built.ts'

interface Bundle {
  /** The code, with its names and its lines. */
  readonly text: string
  /** Where its lines come from: files of `src`, and the names of packages. */
  readonly sources: readonly string[]
}

/** Bundles a program that imports the built package, as a user's bundler does. */
export async function bundle(code: string, plugins: Plugin[] = []): Promise<Bundle> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents: code, resolveDir: root },
    outfile: 'bundle.js',
    bundle: true,
    // Drops as much as for production, and keeps the lines, each of which tells its source.
    minifySyntax: true,
    format: 'esm',
    platform: 'browser',
    sourcemap: 'external',
    legalComments: 'none',
    write: false,
    logLevel: 'error',
    plugins,
  })
  const [map, { text }] = [outputFiles[0]!, outputFiles[1]!]
  return { text, sources: sourcesOf(text, JSON.parse(map.text)) }
}

/** Bundles a program that uses some names of the package's root. */
export function use(...names: readonly string[]): Promise<Bundle> {
  return bundle(`import { ${names.join(', ')} } from 'llmfetch'; console.log(${names.join(', ')})`)
}

function sourcesOf(text: string, payload: SourceMapPayload): readonly string[] {
  const map = new SourceMap(payload)
  const found = new Set<string>()
  text.split('\n').forEach((line, index) => {
    // A comment names a file whether or not anything of it is left.
    if (!line.trim() || line.startsWith('//')) return
    const entry = map.findEntry(index, line.search(/\S/))
    if ('originalSource' in entry) found.add(sourceOf(entry.originalSource, entry.originalLine))
  })
  found.delete('<stdin>')
  return [...found].sort()
}

/** The source of a line of the build, which has a comment with the file's name above what was written there. */
function sourceOf(file: string, line: number): string {
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? []
  if (name || !file.startsWith('dist/')) return name ?? file
  const above = linesOf(file)
    .slice(0, line + 1)
    .findLast(text => text.startsWith('// src/'))
  return above?.slice('// '.length) ?? file
}

const built = new Map<string, readonly string[]>()

function linesOf(file: string): readonly string[] {
  const lines = built.get(file) ?? readFileSync(join(root, file), 'utf8').split('\n')
  built.set(file, lines)
  return lines
}
