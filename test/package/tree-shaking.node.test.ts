import { build } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import { requireBuild, root } from './built.ts'

interface Bundle {
  readonly text: string
  /** Every file that put a byte into it. */
  readonly inputs: readonly string[]
}

/** What a user's bundler makes of one import of the built package. */
async function bundle(code: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'error',
    metafile: true,
  })
  const [output] = Object.values(metafile.outputs)
  const inputs = Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  return { text: outputFiles[0]!.text, inputs: inputs.map(([path]) => path) }
}

const use = (...names: readonly string[]): Promise<Bundle> =>
  bundle(`import { ${names.join(', ')} } from 'llmfetch'; console.log(${names.join(', ')})`)

const endpoints = [
  { name: 'createChatCompletion', folder: 'chat', path: '/chat/completions' },
  { name: 'streamChatCompletion', folder: 'chat', path: '/chat/completions' },
  { name: 'createEmbedding', folder: 'embeddings', path: '/embeddings' },
  { name: 'listModels', folder: 'models', path: '/models' },
  { name: 'retrieveModel', folder: 'models', path: '/models/' },
]

beforeAll(requireBuild)

describe.each(endpoints)('createClient and $name', ({ name, folder, path }) => {
  it('are bundled without any other endpoint', async () => {
    const { text, inputs } = await use('createClient', name)
    expect(text).toContain(path)
    for (const other of endpoints) {
      if (other.name !== name) expect(text).not.toContain(other.name)
      if (other.folder !== folder) {
        expect(text).not.toContain(other.path)
        expect(inputs.filter(input => input.startsWith(`dist/${other.folder}/`))).toEqual([])
      }
    }
  })

  it('are bundled without policies, builder, validation or facade', async () => {
    const { inputs } = await use('createClient', name)
    expect(
      inputs.filter(input => /^dist\/(policies|builder|validation|llm-client|testing)\//.test(input)),
    ).toEqual([])
    expect(inputs.filter(input => input.includes('schema'))).toEqual([])
  })

  it('are bundled with no dependency that they do not use', async () => {
    const { inputs } = await use('createClient', name)
    const packages = new Set(inputs.flatMap(input => /node_modules\/([^/]+)/.exec(input)?.[1] ?? []))
    expect([...packages]).toEqual(name === 'streamChatCompletion' ? ['eventsource-parser'] : [])
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

  it('has ofetch in it with interceptors only', async () => {
    const packages = async (...names: string[]) => (await use(...names)).inputs.join(' ')
    expect(await packages('createClient', 'streamChatCompletion', 'log', 'metrics', 'retry')).not.toContain(
      'ofetch',
    )
    expect(await packages('interceptors')).toContain('node_modules/ofetch')
  })

  it('of isLLMError alone is a line', async () => {
    const { text, inputs } = await use('isLLMError')
    expect(text.length).toBeLessThan(150)
    expect(inputs.filter(input => input.startsWith('dist/'))).toEqual(['dist/errors/llm-error.js'])
  })

  it('of one error class has no other but its parents', async () => {
    const { inputs } = await use('NotFoundError')
    const own = inputs.filter(input => input.startsWith('dist/')).sort()
    expect(own).toEqual([
      'dist/errors/api-error.js',
      'dist/errors/llm-error.js',
      'dist/errors/not-found-error.js',
    ])
  })

  it.each(['retry', 'timeout', 'compose', 'cache'])(
    'of %s alone knows no endpoint, stream or dependency',
    async name => {
      const { inputs } = await use(name)
      expect(inputs.filter(input => !/^(dist\/(policies|errors|internal)\/|<stdin>)/.test(input))).toEqual([])
    },
  )

  it('of the builder has the chat endpoint only', async () => {
    const { text, inputs } = await use('createClient', 'chat')
    expect(text).not.toContain('/embeddings')
    expect(text).not.toContain('/models')
    expect(
      inputs.filter(input => /^dist\/(policies|embeddings|models|llm-client|testing)\//.test(input)),
    ).toEqual([])
  })

  it('of everything has nothing of the fake model', async () => {
    const { inputs } = await bundle("import * as all from 'llmfetch'; console.log(all)")
    expect(inputs.filter(input => input.startsWith('dist/testing/'))).toEqual([])
  })

  it('of the fake model runs in a browser and has nothing of the client', async () => {
    const { inputs } = await bundle(
      "import { createFakeFetch } from 'llmfetch/testing'; console.log(createFakeFetch)",
    )
    expect(inputs.filter(input => !/^(dist\/testing\/|<stdin>)/.test(input))).toEqual([])
  })
})
