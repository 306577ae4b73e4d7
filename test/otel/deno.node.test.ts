import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../package/built.ts'
import { type CollectedSpan, type Collector, startCollector } from './collector.ts'

// It comes with the packages of e2e, which not every checkout has.
const deno = join(root, 'e2e/node_modules/.bin/deno')
const isThere = existsSync(deno)
if (!isThere)
  console.warn(`Deno's OpenTelemetry is not tried: there is no ${deno}, which npm ci --prefix e2e brings`)

const program = join(import.meta.dirname, 'deno-program.ts')

describe.skipIf(!isThere)("Deno's own OpenTelemetry", () => {
  let folder: string
  let collector: Collector
  let spans: CollectedSpan[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'llmfetch-'))
    collector = await startCollector()
    const outfile = join(folder, 'program.mjs')
    await build({
      entryPoints: [program],
      outfile,
      bundle: true,
      format: 'esm',
      target: 'es2022',
      logLevel: 'error',
    })
    await promisify(execFile)(deno, ['run', '--allow-all', '--v8-flags=--expose-gc', outfile], {
      cwd: folder,
      timeout: 60_000,
      env: {
        ...process.env,
        DENO_DIR: join(folder, 'cache'),
        DENO_NO_UPDATE_CHECK: '1',
        OTEL_DENO: 'true',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      },
    })
    spans = collector.spans()
  }, 90_000)
  afterAll(async () => {
    await collector.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('gets a span of each call, in its place', () => {
    const [own] = spans.filter(({ name }) => name === 'plain')
    const plain = spans.find(({ parentSpanId }) => parentSpanId === own!.spanId)
    expect(plain).toMatchObject({
      name: 'chat fake-small',
      kind: 3,
      status: 0,
      attributes: {
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.output_tokens': expect.any(Number),
        'server.port': 443,
      },
    })
    const tool = spans.find(({ name }) => name === 'execute_tool greet')
    expect(tool).toMatchObject({ kind: 1, attributes: { 'gen_ai.tool.name': 'greet' } })
    expect(spans.filter(({ parentSpanId }) => parentSpanId === tool!.spanId)).toHaveLength(1)
  })

  it('gets failures and attempts', () => {
    const told = spans.map(({ status, attributes }) => [
      status,
      attributes['error.type'],
      attributes['http.request.resend_count'],
    ])
    expect(told).toContainEqual([2, 'IncompleteStreamError', undefined])
    expect(told).toContainEqual([2, 'ValidationError', undefined])
    expect(told).toContainEqual([2, 'ServerError', undefined])
    expect(told).toContainEqual([0, undefined, 1])
    expect(spans.filter(({ attributes }) => attributes['gen_ai.request.stream'])).toHaveLength(3)
  })

  it('gets the span of a stream that was dropped unread, once it is collected', () => {
    const dropped = spans.filter(({ attributes }) => attributes['gen_ai.conversation.id'] === 'dropped')
    expect(dropped).toMatchObject([{ status: 0, attributes: { 'gen_ai.request.stream': true } }])
  })

  it('gets the measures', () => {
    const names = new Set(collector.metrics().map(({ name }) => name))
    for (const name of [
      'inference.duration',
      'inference.time_to_first_chunk',
      'inference.usage.input_tokens',
    ])
      expect(names).toContain(`gen_ai.client.${name}`)
    expect(names).toContain('gen_ai.execute_tool.duration')
  })

  it('gets no word of what was said', () => {
    expect(collector.text()).not.toContain('Ada')
  })
})
