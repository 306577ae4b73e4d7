// The tarball as it would be published, and a registry on loopback that has it, so that every ecosystem installs by its own means.

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { listen, stop, urlOf } from './lab.mjs'

const exec = promisify(execFile)

/** The repository's folder, with the built package and its dependencies installed. */
export const root = join(import.meta.dirname, '..')

/** Runs a program; what it printed is in the error when it fails. */
export async function run(file, args, options = {}) {
  try {
    return await exec(file, args, { maxBuffer: 2 ** 26, timeout: 240_000, ...options })
  } catch (error) {
    throw new Error(
      `${[basename(file), ...args].join(' ')}: ${error.message}\n${error.stdout}${error.stderr}`,
    )
  }
}

async function pack(source, folder) {
  const args = ['pack', source, '--json', '--silent', '--ignore-scripts', '--pack-destination', folder]
  const { stdout } = await run('npm', args, { cwd: root })
  const [{ filename }] = JSON.parse(stdout)
  const file = join(folder, filename)
  const bytes = await readFile(file)
  const hash = (algorithm, encoding) => createHash(algorithm).update(bytes).digest(encoding)
  const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'))
  return {
    manifest,
    file,
    bytes,
    dist: { shasum: hash('sha1', 'hex'), integrity: `sha512-${hash('sha512', 'base64')}` },
  }
}

/** Packs this package and, from what is installed, all that it depends on. */
async function packAll(folder) {
  const packages = new Map()
  const visit = async (name, source) => {
    packages.set(name, await pack(source, folder))
    for (const needed of Object.keys(packages.get(name).manifest.dependencies ?? {}))
      if (!packages.has(needed)) await visit(needed, join(root, 'node_modules', needed))
  }
  await visit('llmfetch', root)
  return packages
}

function describe({ manifest, dist, file }, url) {
  const { name, version } = manifest
  const released = { ...manifest, dist: { ...dist, tarball: `${url}/-/${basename(file)}` } }
  return { name, 'dist-tags': { latest: version }, versions: { [version]: released } }
}

/**
 * Packs everything into `folder` and starts the registry. Returns its `url`, the packed `tarball`, an `env` that points each package
 * manager at it, with caches of their own, and `close`.
 */
export async function startRegistry(folder) {
  await mkdir(folder, { recursive: true })
  const packages = await packAll(folder)
  const files = new Map([...packages.values()].map(({ file, bytes }) => [basename(file), bytes]))
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://registry').pathname.slice(1))
    const found = packages.get(path)
    const bytes = path.startsWith('-/') ? files.get(path.slice(2)) : undefined
    if (bytes) response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes)
    else if (found)
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(describe(found, urlOf(server))))
    else response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}')
  })
  await listen(server)
  const url = urlOf(server)
  const env = {
    ...process.env,
    NPM_CONFIG_REGISTRY: url,
    npm_config_registry: url,
    BUN_CONFIG_REGISTRY: url,
    npm_config_cache: join(folder, 'npm-cache'),
    BUN_INSTALL_CACHE_DIR: join(folder, 'bun-cache'),
    DENO_DIR: join(folder, 'deno-cache'),
    DENO_NO_UPDATE_CHECK: '1',
    NO_COLOR: '1',
  }
  return { url, env, tarball: packages.get('llmfetch').file, close: () => stop(server) }
}
