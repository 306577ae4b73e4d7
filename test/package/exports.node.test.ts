import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createCalls } from '../../generator/calls.ts'
import { overrides } from '../../generator/overrides.ts'
import { requireBuild, root } from './built.ts'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The functions that the generator makes of the description's operations, in one folder. */
function generated(folder: string): readonly string[] {
  const own = createCalls(overrides.byHand).operations.filter(({ file }) => file.startsWith(folder))
  return own.flatMap(({ name, stream }) => (stream ? [name, stream.name] : [name]))
}

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
    'OutputError',
    'PermissionError',
    'ProtocolError',
    'QueueFullError',
    'RateLimitError',
    'ServerError',
    'TimeoutError',
    'ValidationError',
    'askUsage',
    'cache',
    'cacheApiStore',
    'chat',
    'chatEvents',
    'circuitBreaker',
    'collectText',
    'compose',
    'concurrencyLimit',
    'cosineSimilarity',
    'cost',
    'createChatCompletion',
    'createClient',
    'createEmbedding',
    'createValidator',
    'embedMany',
    'endpoint',
    'fallback',
    'finalCompletion',
    'generateObject',
    'isLLMError',
    'listModels',
    'log',
    'memoryStore',
    'metrics',
    'objectFormat',
    'openStream',
    'paginate',
    'parseObject',
    'policy',
    'prometheus',
    'rateLimits',
    'readEvents',
    'readJson',
    'readRaw',
    'readStream',
    'reasoningStream',
    'reasoningText',
    'retrieveModel',
    'resume',
    'retry',
    'runTools',
    'streamChatCompletion',
    'streamObject',
    'streamTools',
    'teeStream',
    'textStream',
    'timeout',
    'toDataURL',
    'toFile',
    'toSSEResponse',
    'toUIMessageResponse',
    'tool',
    'toolCallStream',
    'toolContent',
    'validateRequest',
    'verifyWebhook',
  ],
  'llmfetch/interceptors': ['interceptors'],
  'llmfetch/mcp': ['mcpTools'],
  'llmfetch/openai': generated('openai/'),
  'llmfetch/otel': ['messageContent', 'otel', 'toolSpans'],
  'llmfetch/relay': [
    'RelayObject',
    'archivedStreams',
    'kvQuota',
    'kvStore',
    'memoryQuota',
    'memoryStreams',
    'quotaStore',
    'redisQuota',
    'redisStreams',
    'relay',
    'streamStore',
    'upstashQuota',
    'upstashStreams',
  ],
  'llmfetch/responses': [
    ...generated('responses/'),
    'createResponse',
    'finalResponse',
    'getResponse',
    'outputText',
    'resumeResponse',
    'runResponseTools',
    'streamResponse',
    'streamResponseTools',
    'toInputItems',
    'toResponseEvent',
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

  it('asks for a Node that its packages run in', () => {
    const oldest = (range: string): number => Number(/^>=(\d+)/.exec(range)?.[1])
    const asked = Object.keys(manifest.dependencies).flatMap(name => {
      const { engines } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
      return engines?.node ? [`${name}: ${engines.node}`] : []
    })
    expect(asked.length).toBeGreaterThan(0)
    const own = oldest(manifest.engines.node)
    expect(asked.filter(one => !(oldest(one.split(': ')[1]!) <= own))).toEqual([])
  })

  it('is packed with what users need, in few files, and nothing else', () => {
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--silent'], {
      cwd: root,
      encoding: 'utf8',
    })
    const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }]
    const paths = files.map(({ path }) => path)
    const entries = Object.values<string>(manifest.exports).map(file => file.replace('./', ''))
    const cdn = ['dist/cdn/llmfetch.js', 'dist/cdn/licenses.txt']
    const shared = ['dist/shared/core.js', 'dist/shared/model.js']
    const code = paths.filter(
      path => !path.endsWith('.d.ts') && !entries.includes(path) && !cdn.includes(path),
    )
    const pages = globSync('docs/*.md', { cwd: root }).map(path => path.replaceAll('\\', '/'))
    expect(pages).toContain('docs/README.md')
    expect(code.filter(path => !shared.includes(path)).sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'llms.txt', ...pages].sort(),
    )
    for (const path of [...entries, ...cdn, manifest.unpkg, manifest.jsdelivr])
      expect(paths).toContain(path.replace('./', ''))
    for (const path of entries.filter(entry => entry.endsWith('.js')))
      expect(paths).toContain(path.replace(/\.js$/, '.d.ts'))
  })

  // `moduleResolution: node10`, older bundlers and eslint-plugin-import read no `exports`.
  it('is found by tools that do not read `exports`', () => {
    expect(manifest.main).toBe(manifest.exports['.'])
    expect(manifest.types).toBe(manifest.main.replace(/\.js$/, '.d.ts'))
    const subpaths = Object.entries<string>(manifest.exports)
      .filter(([, file]) => file.endsWith('.js'))
      .slice(1)
    expect(manifest.typesVersions['*']).toEqual(
      Object.fromEntries(subpaths.map(([key, file]) => [key.slice(2), [file.replace(/\.js$/, '.d.ts')]])),
    )
  })

  it('names the licence of each package in the file for CDNs', () => {
    const licences = readFileSync(join(root, 'dist/cdn/licenses.txt'), 'utf8')
    for (const name of ['eventsource-parser', 'valibot'])
      expect(licences).toMatch(new RegExp(`^${name}$`, 'm'))
    expect(licences.match(/^MIT License/gm)!.length).toBe(licences.split('\n---\n').length)
  })

  it('is on JSR what it is on npm', () => {
    const jsr = JSON.parse(readFileSync(join(root, 'jsr.json'), 'utf8'))
    expect(jsr.license).toBe(manifest.license)
    // The release names the version, so that there is no second one to forget.
    expect(jsr.version).toBeUndefined()
    const built = Object.entries<string>(jsr.exports).map(([key, file]) => [
      key,
      file.replace('src', 'dist').replace(/\.ts$/, '.js'),
    ])
    const { './package.json': _, ...own } = manifest.exports
    expect(Object.fromEntries(built)).toEqual(own)
  })

  it('has no test, fixture or absolute path in its files', () => {
    const lines = readFileSync(join(root, 'dist/index.js'), 'utf8').split('\n')
    expect(lines.filter(line => line.includes(root) || /\.test\.ts\b|\/fixtures\//.test(line))).toEqual([])
  })
})
