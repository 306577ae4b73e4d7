import { spawn } from 'node:child_process'
import { beforeAll, describe, expect, it } from 'vitest'
import { startFakeServer } from '../../src/testing/server.ts'
import { requireBuild, root } from './built.ts'

interface Result {
  readonly exitCode: number | null
  readonly output: string
}

/** Runs the tour as a user does. Only the variables given, and none of a service that is set around this test. */
function runTour(environment: { readonly [name: string]: string } = {}): Promise<Result> {
  const { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, LLM_EMBEDDING_MODEL, NO_COLOR, ...env } = process.env
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['examples/tour.mjs'], {
      cwd: root,
      env: { ...env, ...environment },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    child.on('error', reject).on('close', exitCode => resolve({ exitCode, output }))
  })
}

const headings = [
  'A plain call',
  'The builder',
  'A stream',
  'Function calling',
  'Embeddings',
  'Models',
  'An error, handled',
  'A retry',
  'A stream, aborted',
]

beforeAll(requireBuild)

describe('the tour', { timeout: 60_000 }, () => {
  it('shows every step with a service of its own', async () => {
    const { exitCode, output } = await runTour()
    headings.forEach((heading, place) => {
      expect(output).toContain(`${place + 1}. ${heading}`)
    })
    expect(output).toContain('get_weather("Oslo")')
    expect(output).toContain('NotFoundError')
    expect(output).toContain('ServerError 503, again in 150 ms')
    expect(output).toMatch(/noticed it \d+ ms later/)
    expect(output).toContain('9 shown, 0 skipped, 0 failed')
    expect(exitCode).toBe(0)
  })

  it('prints no colours where there is no terminal', async () => {
    const { output } = await runTour()
    expect(output).not.toContain('\x1b')
  })

  it('runs against the service that the environment names', async () => {
    await using server = await startFakeServer({
      apiKey: 'sk-of-the-service',
      models: ['big', 'vectors'],
      chunkDelay: 5,
    })
    const { exitCode, output } = await runTour({
      LLM_BASE_URL: server.baseUrl,
      LLM_API_KEY: 'sk-of-the-service',
      LLM_MODEL: 'big',
      LLM_EMBEDDING_MODEL: 'vectors',
    })
    expect(output).toContain(`big at ${server.baseUrl}`)
    expect(output).toContain('9 shown, 0 skipped, 0 failed')
    expect(output).not.toContain('sk-of-the-service')
    expect(exitCode).toBe(0)
    const asked = new Set(server.requests.map(({ path }) => path))
    expect(asked).toEqual(new Set(['/v1/chat/completions', '/v1/embeddings', '/v1/models', '/v1/models/big']))
  })

  it('names and skips what the service does not support, and goes on', async () => {
    await using server = await startFakeServer({
      faults: ({ path }) => (path.endsWith('/embeddings') ? { status: 404 } : undefined),
    })
    const { exitCode, output } = await runTour({ LLM_BASE_URL: server.baseUrl, LLM_MODEL: 'fake-small' })
    expect(output).toContain('SKIPPED Embeddings: the service answered 404')
    expect(output).toContain('9. A stream, aborted')
    expect(output).toContain('8 shown, 1 skipped, 0 failed')
    expect(exitCode).toBe(0)
  })

  it('skips function calling where the model has none', async () => {
    await using server = await startFakeServer({
      faults: ({ body }) => ((body as { tools?: unknown })?.tools ? { status: 400 } : undefined),
    })
    const { exitCode, output } = await runTour({ LLM_BASE_URL: server.baseUrl, LLM_MODEL: 'fake-small' })
    expect(output).toContain('SKIPPED Function calling: the service answered 400')
    expect(exitCode).toBe(0)
  })

  it('fails when the plain call fails', async () => {
    await using server = await startFakeServer({ apiKey: 'sk-right-key' })
    const { exitCode, output } = await runTour({
      LLM_BASE_URL: server.baseUrl,
      LLM_API_KEY: 'sk-wrong-key',
      LLM_MODEL: 'fake-small',
    })
    expect(output).toContain('FAILED A plain call: AuthenticationError')
    expect(output).not.toContain('sk-wrong-key')
    expect(output).not.toContain('2. The builder')
    expect(exitCode).toBe(1)
  })

  it('fails when a later step breaks in a way that is no lack of support', async () => {
    await using server = await startFakeServer({
      faults: ({ body }) =>
        (body as { stream?: unknown } | undefined)?.stream ? { garbage: true } : undefined,
    })
    const { exitCode, output } = await runTour({ LLM_BASE_URL: server.baseUrl, LLM_MODEL: 'fake-small' })
    expect(output).toContain('FAILED A stream')
    expect(output).toContain('4. Function calling')
    expect(exitCode).toBe(1)
  })

  it('says what is missing when no model is named', async () => {
    const { exitCode, output } = await runTour({ LLM_BASE_URL: 'http://127.0.0.1:9' })
    expect(output).toContain('set LLM_MODEL')
    expect(exitCode).toBe(1)
  })
})
