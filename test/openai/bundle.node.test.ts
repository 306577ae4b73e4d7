import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { createCalls } from '../../generator/calls.ts'
import { overrides } from '../../generator/overrides.ts'

const root = join(import.meta.dirname, '../..')
const { operations } = createCalls(overrides.byHand)

interface Bundle {
  readonly bytes: number
  /** The files that something of is left. */
  readonly files: readonly string[]
}

/** What a program ships that uses these names, by entry. */
async function bundle(entries: { readonly [entry: string]: readonly string[] }): Promise<Bundle> {
  const imports = Object.entries(entries)
    .filter(([, names]) => names.length)
    .map(([entry, names]) => `import { ${names.join(', ')} } from './src/${entry}'`)
  // No export: its names would be what the functions seem to cost.
  const contents = `${imports.join('\n')}\nglobalThis.use(${Object.values(entries).flat().join(', ')})`
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'error',
  })
  const { inputs } = Object.values(metafile.outputs)[0]!
  const files = Object.keys(inputs).filter(file => inputs[file]!.bytesInOutput > 0)
  return { bytes: gzipSync(outputFiles[0]!.contents, { level: 9 }).length, files }
}

const base = ['createClient', 'createChatCompletion']

/** The names of operations by the entry that has them. */
function byEntry(list: typeof operations): { openai: string[]; responses: string[] } {
  const isOwn = ({ file }: (typeof operations)[number]) => file.startsWith('responses/')
  return {
    openai: list.filter(operation => !isOwn(operation)).map(({ name }) => name),
    responses: list.filter(isOwn).map(({ name }) => name),
  }
}

const shipped = (
  openai: readonly string[],
  responses: readonly string[] = [],
  more: readonly string[] = [],
) => bundle({ 'index.ts': [...base, ...more], 'openai/index.ts': openai, 'responses/index.ts': responses })

/** Operations that are read as JSON and carry JSON, or nothing. */
const plain = operations.filter(({ read, body }) => !read && (!body || body.kind === 'json'))

/** One of each kind: a list, one by its id, one with a body, an upload. */
const kinds = ['listFiles', 'retrieveFile', 'createBatch', 'createFile']

describe('the generated functions in a bundle', () => {
  it('add at most 50 bytes each, one by one, and fewer together, to what has one of their kind', async () => {
    const others = byEntry(plain).openai.filter(name => !kinds.includes(name))
    const before = await shipped(kinds)
    const added = []
    for (const name of others.filter((_, index) => index % 4 === 0))
      added.push((await shipped([...kinds, name])).bytes - before.bytes)
    added.sort((one, other) => one - other)
    expect(added.length).toBeGreaterThan(25)
    expect(added[0]).toBeGreaterThan(0)
    // A name and a path of fifty letters are more.
    expect(added[added.length >> 1]).toBeLessThanOrEqual(50)
    const all = await shipped([...kinds, ...others])
    expect((all.bytes - before.bytes) / others.length).toBeLessThanOrEqual(35)
  }, 60_000)

  it('add at most 5 kB when all are there', async () => {
    const { openai, responses } = byEntry(operations)
    const before = await shipped([])
    const after = await shipped(
      openai,
      [...responses, 'createResponse', 'getResponse'],
      ['createEmbedding', 'listModels', 'retrieveModel'],
    )
    expect(operations.length + overrides.byHand.length).toBe(147)
    expect(after.bytes - before.bytes).toBeLessThanOrEqual(5000)
  })

  it.each([
    ['createModeration', ['moderations']],
    ['retrieveBatch', ['batches']],
    ['createFile', ['files']],
    ['downloadFile', ['files']],
    ['streamImage', ['count-images', 'images']],
  ])('%s loads nothing that is not called', async (name, own) => {
    const { files } = await shipped([name])
    const loaded = files.flatMap(file => /^src\/(?:openai|responses)\/(.+)\.ts$/.exec(file)?.[1] ?? [])
    expect(loaded).toEqual(own)
    const others =
      /^src\/(policies|cache|builder|llm-client|validation|tools|output|testing|webhooks|lists)\//
    expect(files.filter(file => others.test(file))).toEqual([])
    if (!name.startsWith('stream'))
      expect(files.filter(file => /stream\/|eventsource/.test(file))).toEqual([])
    if (name !== 'downloadFile') expect(files).not.toContain('src/client/read-raw.ts')
  })

  it('leave nothing in a bundle that calls none of them', async () => {
    const { bytes } = await build({
      stdin: {
        contents: "import './src/openai/index.ts'; import './src/responses/index.ts'",
        resolveDir: root,
        loader: 'ts',
      },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
      logLevel: 'silent',
    }).then(({ outputFiles }) => ({ bytes: outputFiles[0]!.text.trim().length }))
    expect(bytes).toBe(0)
  })
})
