import { constants, createContext, runInContext } from 'node:vm'
import { type BuildOptions, build } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import { requireBuild, root } from './built.ts'

/** Names that no browser knows. */
const FOREIGN = [
  'process',
  'Buffer',
  'require',
  'module',
  'exports',
  'global',
  '__dirname',
  '__filename',
  'setImmediate',
]

/** What there is around the language: a module that reads one of them while it is imported does something then. */
const PLATFORM = [
  ...['fetch', 'Request', 'Response', 'Headers', 'AbortController', 'AbortSignal', 'ReadableStream'],
  ...['TextEncoder', 'TextDecoder', 'URL', 'URLSearchParams', 'Blob', 'FormData', 'crypto', 'performance'],
  ...['setTimeout', 'setInterval', 'queueMicrotask', 'navigator', 'location', 'document', 'window', 'self'],
  ...['localStorage', 'console', 'caches', 'Deno', 'Bun', 'process', 'Buffer', 'global', 'require', 'eval'],
]

interface Loaded {
  readonly text: string
  readonly inputs: readonly string[]
}

/** Everything that a browser loads of an entry, dependencies included; a free name that is foreign becomes `FOREIGN.name`. */
async function load(entry: Pick<BuildOptions, 'entryPoints' | 'stdin'>): Promise<Loaded> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    ...entry,
    bundle: true,
    // Kept whole: what one import drops, another may need.
    treeShaking: false,
    format: 'iife',
    globalName: 'loaded',
    platform: 'browser',
    define: Object.fromEntries(FOREIGN.map(name => [name, `FOREIGN.${name}`])),
    write: false,
    metafile: true,
    logLevel: 'error',
  })
  return { text: outputFiles[0]!.text, inputs: Object.keys(metafile.inputs) }
}

/** Runs a script where every name of the platform is a trap. Returns which were sprung, and what the script made. */
function runTrapped(text: string): { sprung: string[]; made: readonly string[]; loaded: object } {
  const sprung: string[] = []
  const context = createContext(constants.DONT_CONTEXTIFY)
  for (const name of PLATFORM) {
    const get = (): never => {
      sprung.push(name)
      throw new Error(`${name} was read`)
    }
    Object.defineProperty(context, name, { get, set: get, configurable: true })
  }
  runInContext(
    `for (const it of [Object, Function, Array, Promise, Symbol, Error, Map, Set, WeakMap, RegExp, String, Number, JSON, Math])
       for (const each of [it, it.prototype]) if (each) Object.freeze(each)`,
    context,
  )
  const before = new Set(Object.getOwnPropertyNames(context))
  runInContext(`'use strict';${text}`, context)
  const made = Object.getOwnPropertyNames(context).filter(name => !before.has(name))
  return { sprung, made, loaded: runInContext('loaded', context) }
}

beforeAll(requireBuild)

describe.each(['dist/index.js', 'dist/testing/index.js', 'dist/cdn/llmfetch.js'])('%s', entry => {
  it('loads nothing in a browser that is another runtime’s own', async () => {
    const { text, inputs } = await load({ entryPoints: [entry] })
    expect(text.match(/FOREIGN\.\w+/g) ?? []).toEqual([])
    expect(inputs.filter(input => input.startsWith('node:'))).toEqual([])
    expect(text).not.toMatch(/\beval\(|new Function\(/)
  })

  it('does nothing when it is imported', async () => {
    const { sprung, made, loaded } = runTrapped((await load({ entryPoints: [entry] })).text)
    expect(sprung).toEqual([])
    expect(made).toEqual(['loaded'])
    expect(Object.keys(loaded).length).toBeGreaterThan(0)
  })
})

describe('the traps', () => {
  const trapped = (code: string) => () => runTrapped(`var loaded = {};${code}`)

  it.each(['fetch', 'globalThis.process?.env', 'new TextEncoder()', 'typeof navigator'])(
    'notice %s',
    code => {
      expect(trapped(code)).toThrow('was read')
    },
  )

  it.each(['Object.prototype.patched = 1', 'Array.prototype.at = null', 'Promise.patched = 1'])(
    'notice %s',
    code => {
      expect(trapped(code)).toThrow(/not extensible|read only/)
    },
  )

  it('notice a name that is made', () => {
    expect(trapped('globalThis.leaked = 1')().made).toContain('leaked')
  })

  it('see what is foreign in the graph', async () => {
    const contents = 'export const all = [process.env, () => Buffer.from(""), globalThis.process?.env]'
    const { text } = await load({ stdin: { contents } })
    expect(text.match(/FOREIGN\.\w+/g)).toEqual(['FOREIGN.process', 'FOREIGN.Buffer'])
  })
})
