import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { root } from '../package/built.ts'

/** What Workers' own tracing tells a tail of a span. */
interface TailedSpan {
  readonly name: string
  readonly parent: string
  readonly attributes: { [name: string]: unknown }
  status?: string
  closed?: string
}

/** Prints each event of the requests that it is told of. */
const TAIL = `
const write = event => console.log('TAIL ' + JSON.stringify(event, (_, value) => typeof value === 'bigint' ? String(value) : value))
export default { tailStream(onset) {
  return ({ event, spanContext }) => write({ ...event, trace: spanContext.traceId, span: spanContext.spanId })
} }`

const flags =
  'compatibilityFlags = ["streaming_tail_worker", "experimental"], compatibilityDate = "2026-10-01"'

const config = (port: number) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (modules = [(name = "main.mjs", esModule = embed "main.mjs")], streamingTails = ["tail"], ${flags})),
    (name = "tail", worker = (modules = [(name = "tail.mjs", esModule = embed "tail.mjs")], ${flags})),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);`

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

let folder: string
let workerd: ChildProcess
let output = ''
let url: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'llmfetch-'))
  await build({
    entryPoints: [join(import.meta.dirname, 'worker.ts')],
    outfile: join(folder, 'main.mjs'),
    bundle: true,
    format: 'esm',
    external: ['cloudflare:workers'],
    logLevel: 'error',
  })
  const port = await freePort()
  await writeFile(join(folder, 'tail.mjs'), TAIL)
  await writeFile(join(folder, 'config.capnp'), config(port))
  url = `http://127.0.0.1:${port}`
  workerd = spawn(join(root, 'node_modules/.bin/workerd'), ['serve', '--experimental', 'config.capnp'], {
    cwd: folder,
  })
  for (const stream of [workerd.stdout!, workerd.stderr!]) {
    stream.setEncoding('utf8')
    stream.on('data', text => {
      output += text
    })
  }
  await vi.waitFor(() => fetch(`${url}/plain`), { timeout: 20_000, interval: 50 })
})
afterAll(async () => {
  workerd.kill()
  await rm(folder, { recursive: true, force: true })
})

/** Makes one kind of call in a Worker, and gives what came of it and its spans. */
async function call(path: string): Promise<{ ended: string; spans: TailedSpan[] }> {
  const before = output.length
  const ended = await (await fetch(url + path)).text()
  await vi.waitFor(() => expect(output.slice(before)).toContain('"type":"outcome"'), {
    timeout: 20_000,
    interval: 20,
  })
  const spans = new Map<string, TailedSpan>()
  for (const line of output.slice(before).split('\n')) {
    if (!line.startsWith('TAIL ')) continue
    const event = JSON.parse(line.slice(5))
    if (event.type === 'spanOpen')
      spans.set(event.spanId, { name: event.name, parent: event.span, attributes: {} })
    const span = spans.get(event.span)
    if (!span) continue
    if (event.type === 'attributes') for (const { name, value } of event.info) span.attributes[name] = value
    if (event.type === 'spanUpdate') span.status = event.info.status?.code
    if (event.type === 'spanClose') span.closed = event.outcome
  }
  // The request itself is the parent of the first.
  return {
    ended,
    spans: [...spans.values()].map(span => ({ ...span, parent: spans.get(span.parent)?.name ?? '' })),
  }
}

describe("Workers' own tracing", () => {
  it('gets a span of a plain call', async () => {
    const { ended, spans } = await call('/plain')
    expect(ended).toBe('complete')
    expect(spans).toHaveLength(1)
    expect(spans[0]).toMatchObject({
      name: 'chat fake-small',
      closed: 'ok',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'fake-small',
        'gen_ai.response.finish_reasons': 'stop',
        'gen_ai.usage.input_tokens': expect.any(Number),
        'server.address': 'api.test',
        'server.port': 443,
      },
    })
    expect(spans[0]!.status).toBeUndefined()
  })

  it('gets a span of a stream to its end, with its usage', async () => {
    const { spans } = await call('/stream')
    expect(spans).toMatchObject([
      {
        closed: 'ok',
        attributes: { 'gen_ai.request.stream': true, 'gen_ai.usage.output_tokens': expect.any(Number) },
      },
    ])
  })

  it.each([
    ['/cut', 'IncompleteStreamError'],
    ['/bad', 'ValidationError'],
  ])('gets the failure of %s', async (path, error) => {
    const { ended, spans } = await call(path)
    expect(ended).toBe(error)
    expect(spans).toMatchObject([{ status: 'error', closed: 'ok', attributes: { 'error.type': error } }])
  })

  it('nests attempts in their call', async () => {
    const { spans } = await call('/retry')
    expect(
      spans.map(({ parent, status, attributes }) => [
        parent,
        status,
        attributes['http.request.resend_count'],
      ]),
    ).toEqual([
      ['', undefined, 1],
      ['chat fake-small', 'error', undefined],
      ['chat fake-small', undefined, 1],
    ])
  })

  it('nests what a tool asks in its span', async () => {
    const { spans } = await call('/tool')
    expect(spans.map(({ name, parent }) => [name, parent])).toEqual([
      ['execute_tool greet', ''],
      ['chat fake-small', 'execute_tool greet'],
    ])
  })

  it('closes the span of a stream that was dropped with the request that began it', async () => {
    const { ended, spans } = await call('/abandoned')
    expect(ended).toBe('complete')
    expect(spans).toMatchObject([{ name: 'chat fake-small', attributes: { 'gen_ai.request.stream': true } }])
    expect(spans[0]!.closed).toBeDefined()
  })
})
