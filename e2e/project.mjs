import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './packages.mjs'

/** A fresh folder of a user's project, with the spec's files in it. */
export async function makeProject(folder, manifest = { private: true, type: 'module' }) {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  for (const name of ['spec', 'main.mjs', 'worker.mjs', 'relay-worker.mjs'])
    await cp(join(import.meta.dirname, name), join(folder, name), { recursive: true })
  return folder
}

/** A project with the tarball installed by npm. */
export async function makeNpmProject(folder, { env, tarball }) {
  await makeProject(folder)
  await run('npm', ['install', tarball, '--no-audit', '--no-fund'], { cwd: folder, env })
  return folder
}

/** Runs something that is to succeed as one test more. */
export async function check(name, test) {
  const started = Date.now()
  const result = { name }
  try {
    result.figure = await test()
  } catch (error) {
    result.error = `${error.stack}`
  }
  return { ...result, ms: Date.now() - started }
}

/** Runs the spec's program by a command that prints its results. */
export async function runProgram(file, args, options) {
  const { stdout } = await run(file, args, options)
  return JSON.parse(stdout)
}

/** The version that a program of this machine prints about itself, or `missing` with what to do about it. */
export async function findProgram(file, { args = ['--version'], install, pattern = /[\d.]+/ }) {
  try {
    const { stdout } = await run(file, args)
    return { version: pattern.exec(stdout)[0] }
  } catch {
    return { missing: install }
  }
}

export const FROM_NPM = 'npm ci --prefix e2e'
