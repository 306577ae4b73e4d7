import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { root } from '../package/built.ts'

/** Variables of a process. Those of the service are the test's to set, whatever is set around it. */
export type Environment = { readonly [name: string]: string }

const { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, ...inherited } = process.env

/**
 * Copies an example out of the repository, where it finds packages as its user does: llmfetch as it is published, beside
 * what it depends on.
 */
export async function installExample(name: string): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'llmfetch-example-'))
  const modules = join(folder, 'node_modules')
  await cp(join(root, 'examples', name), folder, { recursive: true })
  await mkdir(join(modules, 'llmfetch'), { recursive: true })
  for (const part of ['dist', 'package.json'])
    await cp(join(root, part), join(modules, 'llmfetch', part), { recursive: true })
  await mkdir(join(modules, '@cloudflare'))
  for (const dependency of [
    'eventsource-parser',
    'hono',
    'ofetch',
    'valibot',
    'zod',
    '@cloudflare/workers-types',
  ])
    await symlink(join(root, 'node_modules', dependency), join(modules, dependency))
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** Where a program is: among the packages of the repository or of its tests in all engines, or installed on this machine. */
export function findTool(name: string): string | undefined {
  const folders = ['node_modules/.bin', 'e2e/node_modules/.bin'].map(folder => join(root, folder))
  const path = process.env.PATH?.split(delimiter) ?? []
  return [...folders, ...path].map(folder => join(folder, name)).find(file => existsSync(file))
}

function start(command: string, args: readonly string[], cwd: string, environment: Environment) {
  const child = spawn(command, args, {
    cwd,
    env: { ...inherited, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1', ...environment },
  })
  const output = { out: '', all: '' }
  child.stdout.setEncoding('utf8').on('data', text => {
    output.out += text
    output.all += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    output.all += text
  })
  return { child, output, closed: once(child, 'close') }
}

/** Runs a program to its end. */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  environment: Environment = {},
): Promise<{ readonly exitCode: number | null; readonly out: string; readonly all: string }> {
  const { child, output, closed } = start(command, args, cwd, environment)
  await closed
  return { exitCode: child.exitCode, ...output }
}

/** Starts a program that serves, and waits until it has told its address. */
export async function serve(
  command: string,
  args: readonly string[],
  cwd: string,
  environment: Environment = {},
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const { child, output, closed } = start(command, args, cwd, environment)
  const stop = async () => {
    child.kill('SIGINT')
    await closed
  }
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const told = /(?:Ready on|server:|Local:) +(http:\/\/[\w.]+:\d+)/.exec(output.all)
      if (told) resolve(told[1]!)
    })
    child.once('error', reject)
    child.once('close', () => reject(new Error(`${command} ${args.join(' ')} has ended:\n${output.all}`)))
  })
  return { url, stop }
}
