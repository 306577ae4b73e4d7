import { join } from 'node:path'
import type { Plugin } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import { requireBuild, root } from './built.ts'
import { bundle, use } from './bundle.ts'

const endpoints = [
  { name: 'createChatCompletion', folder: 'chat', path: '/chat/completions' },
  { name: 'streamChatCompletion', folder: 'chat', path: '/chat/completions' },
  { name: 'createEmbedding', folder: 'embeddings', path: '/embeddings' },
  { name: 'listModels', folder: 'models', path: '/models' },
  { name: 'retrieveModel', folder: 'models', path: '/models/' },
]

/** Takes away the package's word that its files have no side effects, so that a bundler has to look for itself. */
const distrust: Plugin = {
  name: 'distrust',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/dist\// }, ({ path }) => ({ path: join(root, path), sideEffects: true }))
  },
}

beforeAll(requireBuild)

describe.each(endpoints)('createClient and $name', ({ name, folder, path }) => {
  it('are bundled without any other endpoint', async () => {
    const { text, sources } = await use('createClient', name)
    expect(text).toContain(path)
    for (const other of endpoints) {
      if (other.name !== name) expect(text).not.toContain(other.name)
      if (other.folder !== folder) {
        expect(text).not.toContain(other.path)
        expect(sources.filter(source => source.startsWith(`src/${other.folder}/`))).toEqual([])
      }
    }
  })

  it('are bundled without policies, cache, builder, validation, tools, objects or facade', async () => {
    const { sources } = await use('createClient', name)
    const others = /^src\/(policies|cache|builder|validation|tools|output|llm-client|testing)\/|schema/
    expect(sources.filter(source => others.test(source))).toEqual([])
  })

  it('are bundled with no dependency that they do not use', async () => {
    const { sources } = await use('createClient', name)
    const packages = sources.filter(source => !source.startsWith('src/'))
    expect(packages).toEqual(name === 'streamChatCompletion' ? ['eventsource-parser'] : [])
  })
})

describe('a bundle', () => {
  it('of nothing is empty', async () => {
    const { text } = await bundle("import 'llmfetch'")
    expect(text.trim()).toBe('')
  })

  it('of types is empty', async () => {
    const { text } = await bundle("import {} from 'llmfetch'; import {} from 'llmfetch/testing'")
    expect(text.trim()).toBe('')
  })

  // One file holds many parts, so what a bundler cannot prove to be idle stays in every bundle of any other part.
  it.each(['index', 'interceptors/index', 'testing/index'])(
    'of dist/%s.js for its side effects alone is empty',
    async entry => {
      const { text, sources } = await bundle(`import './dist/${entry}.js'`, [distrust])
      expect(sources).toEqual([])
      expect(text.replace(/^\/\/.*/gm, '').trim()).toBe('')
    },
  )

  it('has ofetch in it with interceptors only', async () => {
    const { sources } = await use('createClient', 'streamChatCompletion', 'log', 'metrics', 'retry')
    expect(sources).not.toContain('ofetch')
    const { sources: withHooks } = await bundle(
      "import { interceptors } from 'llmfetch/interceptors'; console.log(interceptors)",
    )
    expect(withHooks).toContain('ofetch')
  })

  it('of isLLMError alone is a line', async () => {
    const { text, sources } = await use('isLLMError')
    expect(sources).toEqual(['src/errors/llm-error.ts'])
    expect(text.length).toBeLessThan(250)
  })

  it('of one error class has no other but its parents', async () => {
    const { sources } = await use('NotFoundError')
    expect(sources).toEqual([
      'src/errors/api-error.ts',
      'src/errors/llm-error.ts',
      'src/errors/not-found-error.ts',
    ])
  })

  it.each(['retry', 'timeout', 'compose', 'cache'])(
    'of %s alone knows no endpoint, stream or dependency',
    async name => {
      const { sources } = await use(name)
      const own = /^src\/(policies|cache|errors|call|wire)\//
      expect(sources.filter(source => !own.test(source))).toEqual([])
    },
  )

  it('of the builder has the chat endpoint only', async () => {
    const { text, sources } = await use('createClient', 'chat')
    expect(text).not.toContain('/embeddings')
    expect(text).not.toContain('/models')
    const others = /^src\/(policies|cache|embeddings|models|llm-client|testing)\//
    expect(sources.filter(source => others.test(source))).toEqual([])
  })

  it('of everything has nothing of the fake model', async () => {
    const { sources } = await bundle("import * as all from 'llmfetch'; console.log(all)")
    expect(sources.length).toBeGreaterThan(50)
    expect(sources.filter(source => source.startsWith('src/testing/'))).toEqual([])
  })

  it('of the fake model runs in a browser and has nothing of the client', async () => {
    const { sources } = await bundle(
      "import { createFakeFetch } from 'llmfetch/testing'; console.log(createFakeFetch)",
    )
    expect(sources.filter(source => !source.startsWith('src/testing/'))).toEqual([])
  })
})
