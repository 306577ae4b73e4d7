import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { requireBuild, root } from './built.ts'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Every name that a user can import. A new one is added here on purpose. */
const names = {
  llmfetch: [
    'APIError',
    'AuthenticationError',
    'ChatCompletionRequestSchema',
    'ChatCompletionStream',
    'CircuitOpenError',
    'ConfigurationError',
    'ConflictError',
    'ConnectionError',
    'ContentFilterError',
    'EmbeddingRequestSchema',
    'IncompleteStreamError',
    'LLMClient',
    'LLMError',
    'LimitError',
    'NotFoundError',
    'PermissionError',
    'ProtocolError',
    'QueueFullError',
    'RateLimitError',
    'ServerError',
    'TimeoutError',
    'ValidationError',
    'cache',
    'cacheApiStore',
    'chat',
    'circuitBreaker',
    'collectText',
    'compose',
    'concurrencyLimit',
    'createChatCompletion',
    'createClient',
    'createEmbedding',
    'fallback',
    'finalCompletion',
    'interceptors',
    'isLLMError',
    'listModels',
    'log',
    'memoryStore',
    'metrics',
    'retrieveModel',
    'retry',
    'streamChatCompletion',
    'teeStream',
    'textStream',
    'timeout',
    'toSSEResponse',
    'toolCallStream',
    'validateRequest',
  ],
  'llmfetch/testing': ['createFakeFetch'],
  'llmfetch/testing/server': ['startFakeServer'],
}

beforeAll(requireBuild)

/** What Node sees of an entry, by the package's own name. */
function importedNames(entry: string): readonly string[] {
  const code = `console.log(JSON.stringify(Object.keys(await import('${entry}'))))`
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd: root, encoding: 'utf8' }),
  )
}

describe('the package', () => {
  it.each(Object.entries(names))('%s exports exactly its names', (entry, expected) => {
    expect([...importedNames(entry)].sort()).toEqual([...expected].sort())
  })

  it('has an entry for each name in `exports`, built and typed', () => {
    const entries = Object.entries<string>(manifest.exports).filter(([key]) => key !== './package.json')
    expect(entries.map(([key]) => key.replace('.', 'llmfetch'))).toEqual(Object.keys(names))
    for (const [, file] of entries) {
      expect(existsSync(join(root, file)), file).toBe(true)
      expect(existsSync(join(root, file.replace(/\.js$/, '.d.ts'))), `types of ${file}`).toBe(true)
    }
  })

  it('is an ES module without side effects', () => {
    expect(manifest.type).toBe('module')
    expect(manifest.sideEffects).toBe(false)
  })

  it('runs nothing when it is installed', () => {
    const lifecycle = [
      'preinstall',
      'install',
      'postinstall',
      'prepare',
      'preprepare',
      'postprepare',
      'prepublish',
    ]
    expect(Object.keys(manifest.scripts).filter(name => lifecycle.includes(name))).toEqual([])
    expect(existsSync(join(root, 'binding.gyp'))).toBe(false)
  })

  it('depends on three packages', () => {
    expect(Object.keys(manifest.dependencies).sort()).toEqual(['eventsource-parser', 'ofetch', 'valibot'])
    expect(manifest.peerDependencies).toBeUndefined()
    expect(manifest.optionalDependencies).toBeUndefined()
  })

  it('is packed with what users need, and nothing else', () => {
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--silent'], {
      cwd: root,
      encoding: 'utf8',
    })
    const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }]
    const paths = files.map(({ path }) => path)
    const others = paths.filter(path => !/^dist\/.+\.(js|d\.ts)$/.test(path))
    expect(others.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
    expect(paths).toContain('dist/index.js')
  })

  it('has no test, fixture or absolute path in its files', () => {
    const text = readFileSync(join(root, 'dist/index.js'), 'utf8')
    expect(text).not.toContain(root)
    expect(text).not.toMatch(/\.test\b/)
  })
})
