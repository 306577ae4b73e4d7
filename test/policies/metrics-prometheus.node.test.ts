import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import parse from 'parse-prometheus-text-format'
import { describe, expect, it } from 'vitest'
import {
  ConfigurationError,
  createChatCompletion,
  finalCompletion,
  metrics,
  prometheus,
  retry,
  streamChatCompletion,
} from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { chatRequest, clientOf, completion, failureOf, json } from '../client/harness.ts'
import { root } from '../package/built.ts'

interface Family {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly metrics: readonly {
    readonly value?: string
    readonly labels?: { readonly [name: string]: string }
    readonly quantiles?: { readonly [quantile: string]: string }
    readonly sum?: string
    readonly count?: string
  }[]
}

/** Reads a page as Prometheus does: a line that it does not know fails. */
function read(page: string): { readonly [name: string]: Family } {
  const families = parse(page) as Family[]
  return Object.fromEntries(families.map(family => [family.name, family]))
}

/** The values of a family by the one label that its samples have. */
const values = (family: Family | undefined) =>
  Object.fromEntries(
    (family?.metrics ?? []).map(({ value, labels }) => [Object.values(labels ?? {})[0] ?? '', Number(value)]),
  )

async function measured() {
  const policy = metrics({ usage: true })
  const faults = [{}, { status: 503 }, {}, { status: 404 }]
  const client = clientOf(createFakeFetch({ faults }), { policies: [policy, retry({ initialDelay: 0 })] })
  const { usage } = await finalCompletion(streamChatCompletion(client, chatRequest))
  await createChatCompletion(client, chatRequest)
  await failureOf(createChatCompletion(client, chatRequest))
  return { snapshot: policy.snapshot(), usage: usage! }
}

describe('prometheus', () => {
  it('writes what its parser reads, with the values of the snapshot', async () => {
    const { snapshot } = await measured()
    const families = read(prometheus(snapshot))
    expect(values(families.llmfetch_calls_total)).toEqual({ complete: 2, failed: 1, cancelled: 0 })
    expect(values(families.llmfetch_calls_in_flight)).toEqual({ '': 0 })
    expect(values(families.llmfetch_call_errors_total)).toEqual({ NotFoundError: 1 })
    expect(values(families.llmfetch_retries_total)).toEqual({ '': 1 })
    expect(values(families.llmfetch_tokens_total)).toEqual({
      input: snapshot.tokens.prompt,
      output: snapshot.tokens.completion,
    })
    expect(values(families.llmfetch_uncounted_streams_total)).toEqual({ '': 0 })
    expect(values(families.llmfetch_stream_events_total)).toEqual({ '': snapshot.events })
    const { requests } = snapshot.rateLimits
    expect(values(families.llmfetch_rate_limit_remaining).requests).toBe(requests!.remaining)
    expect(values(families.llmfetch_rate_limit_reset_seconds).requests).toBe(requests!.reset! / 1000)
  })

  it('gives times in seconds as summaries', async () => {
    const { snapshot } = await measured()
    const { type, metrics: samples } = read(prometheus(snapshot)).llmfetch_call_duration_seconds!
    const { quantiles, sum, count } = samples[0]!
    expect(type).toBe('SUMMARY')
    expect(Object.keys(quantiles!)).toEqual(['0.5', '0.9', '0.99'])
    expect(Number(quantiles!['0.5'])).toBeCloseTo(snapshot.latency.p50! / 1000, 9)
    expect(Number(count)).toBe(2)
    expect(Number(sum)).toBeCloseTo((snapshot.latency.mean! * 2) / 1000, 9)
  })

  it('leaves out what nobody knows, and says that nothing was counted', () => {
    const page = prometheus(metrics().snapshot())
    expect(page).not.toMatch(/NaN|undefined/)
    const families = read(page)
    expect(families.llmfetch_rate_limit_remaining).toBeUndefined()
    expect(families.llmfetch_call_errors_total).toBeUndefined()
    expect(families.llmfetch_call_duration_seconds!.metrics[0]).toMatchObject({ count: '0', sum: '0' })
    expect(families.llmfetch_call_duration_seconds!.metrics[0]!.quantiles).toBeUndefined()
  })

  it('names each family with its kind and what it is', async () => {
    const page = prometheus((await measured()).snapshot)
    for (const { name, help, type } of Object.values(read(page))) {
      expect(name).toMatch(/^llmfetch_[a-z_]+$/)
      expect(name.endsWith('_total')).toBe(type === 'COUNTER')
      expect(help).toMatch(/\.$/)
    }
    expect(page.endsWith('\n')).toBe(true)
  })

  it('puts labels on every sample, whatever is in them', () => {
    const text = 'a "b" \\ c\nd'
    const page = prometheus(metrics().snapshot(), { app: text })
    for (const { metrics: samples } of Object.values(read(page)))
      for (const { labels } of samples) expect(labels!.app).toBe(text)
    for (const name of ['a-b', '__name__'])
      expect(() => prometheus(metrics().snapshot(), { [name]: '' })).toThrow(ConfigurationError)
  })

  it('keeps the name of an error of another client in its label', async () => {
    const policy = metrics()
    await (await policy(async () => json(completion, { status: 500 }))('https://api.test/v1', {})).text()
    expect(values(read(prometheus(policy.snapshot())).llmfetch_call_errors_total)).toEqual({ 'HTTP 500': 1 })
  })
})

describe("Grafana's dashboard", () => {
  it('asks for what is written, and for all of it', async () => {
    const dashboard = readFileSync(join(root, 'docs/grafana.json'), 'utf8')
    const { panels } = JSON.parse(dashboard) as { panels: { targets: { expr: string }[] }[] }
    const asked = new Set(
      panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(/llmfetch_\w+/g) ?? [])),
    )
    const families = Object.keys(read(prometheus((await measured()).snapshot)))
    const bare = (name: string) => name.replace(/_(sum|count)$/, '')
    for (const name of asked) expect(families).toContain(bare(name))
    const used = new Set([...asked].map(bare))
    expect(families.filter(name => !used.has(name))).toEqual(['llmfetch_rate_limit_reset_seconds'])
  })

  it('has a place of its own for each panel, in the 24 columns of a page', () => {
    const { panels } = JSON.parse(readFileSync(join(root, 'docs/grafana.json'), 'utf8')) as {
      panels: { id: number; gridPos: { x: number; y: number; w: number; h: number } }[]
    }
    const taken = new Map<string, number>()
    for (const { id, gridPos } of panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(x).toBeLessThan(24)
          expect(taken.get(`${x}, ${y}`), `panel ${id} at ${x}, ${y}`).toBeUndefined()
          taken.set(`${x}, ${y}`, id)
        }
    expect(new Set(taken.values()).size).toBe(panels.length)
    // No gap: each row that is begun is full.
    expect(taken.size % 24).toBe(0)
  })
})
