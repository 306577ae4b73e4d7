import { constants, createContext, runInContext } from 'node:vm'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import { requireBuild, root } from './built.ts'

/** Names that no browser knows. */
const FOREIGN = [
  'process',
  'Buffer',
  'require',
  'module',
  'exports',
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
async function load(entry: Pick<BuildOptions, 'entryPoints' | 'stdin' | 'plugins'>): Promise<Loaded> {
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

const withoutOfetch: Plugin = {
  name: 'without-ofetch',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^ofetch$/ }, () => ({ path: 'ofetch', namespace: 'nothing' }))
    onLoad({ filter: /^/, namespace: 'nothing' }, () => ({
      contents: 'export let createFetch, ofetch, FetchError',
    }))
  },
}

interface Run {
  /** The names that were read. */
  readonly read: readonly string[]
  readonly error: unknown
  /** The names that it left behind. */
  readonly made: readonly string[]
}

/** Runs a script where there is nothing but the language, which is frozen, and every name of a platform is a trap. */
function runTrapped(text: string): Run {
  const read: string[] = []
  const context = createContext(constants.DONT_CONTEXTIFY)
  for (const name of PLATFORM) {
    const trap = () => void read.push(name)
    Object.defineProperty(context, name, { get: trap, set: trap, configurable: true })
  }
  runInContext(
    `for (const it of [Object, Function, Array, Promise, Symbol, Error, Map, Set, WeakMap, RegExp, String, Number, JSON, Math])
       for (const each of [it, it.prototype]) if (each) Object.freeze(each)`,
    context,
  )
  const before = new Set(Object.getOwnPropertyNames(context))
  let error: unknown
  try {
    runInContext(`'use strict';${text}`, context)
  } catch (thrown) {
    error = thrown
  }
  return { read, error, made: Object.getOwnPropertyNames(context).filter(name => !before.has(name)) }
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
    const { read, error, made } = runTrapped((await load({ entryPoints: [entry] })).text)
    expect(error).toBeUndefined()
    // ofetch keeps these for later.
    expect(read.filter(name => !['fetch', 'Headers', 'AbortController'].includes(name))).toEqual([])
    expect(made).toEqual(['loaded'])
  })
})

it('dist/index.js reads nothing of the platform itself when it is imported', async () => {
  const { text } = await load({ entryPoints: ['dist/index.js'], plugins: [withoutOfetch] })
  expect(runTrapped(text)).toEqual({ read: [], error: undefined, made: ['loaded'] })
})

describe('the traps', () => {
  it.each(['fetch', 'process', 'TextEncoder', 'navigator'])('notice %s', name => {
    expect(runTrapped(`globalThis.${name}`).read).toEqual([name])
    expect(runTrapped(`typeof ${name}`).read).toEqual([name])
    expect(runTrapped(`new ${name}()`).error).toBeDefined()
  })

  it.each(['Object.prototype.patched = 1', 'Array.prototype.at = null', 'Promise.patched = 1'])(
    'notice %s',
    code => {
      expect(`${runTrapped(code).error}`).toMatch(/not extensible|read only/)
    },
  )

  it('notice a name that is made', () => {
    expect(runTrapped('globalThis.leaked = 1').made).toEqual(['leaked'])
  })

  it('see what is foreign in the graph', async () => {
    const contents = 'export const all = [process.env, () => Buffer.from(""), globalThis.process?.env]'
    const { text } = await load({ stdin: { contents } })
    expect(text.match(/FOREIGN\.\w+/g)).toEqual(['FOREIGN.process', 'FOREIGN.Buffer'])
  })
})
