// Makes of the built package the one file that CDNs serve, dependencies included: dist/cdn/llmfetch.js.
//
//   node scripts/cdn.mjs            builds it
//   node scripts/cdn.mjs --readme   also writes its address and integrity into the README: a part of each release
//   node scripts/cdn.mjs --check    also fails when the README has another version or integrity

import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'dist/cdn')
const readmeFile = join(root, 'README.md')
const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The licences of the bundled packages, which ask to be passed on. The build has already put the parts of valibot into `dist`. */
function licencesOf(inputs) {
  const packages = inputs.flatMap(input => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? [])
  return [...new Set(packages)].sort().map(name => {
    const home = join(root, 'node_modules', name)
    const [file] = globSync('LICEN[CS]E*', { cwd: home })
    if (!file) throw new Error(`${name} has no licence file to pass on`)
    return `${name}\n\n${readFileSync(join(home, file), 'utf8').trim()}\n`
  })
}

const { metafile, outputFiles, warnings } = await build({
  absWorkingDir: root,
  entryPoints: ['dist/index.js'],
  outfile: 'dist/cdn/llmfetch.js',
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  banner: { js: `/*! ${name} ${version} | ${license} | dependencies: licenses.txt */` },
  metafile: true,
  write: false,
})
if (warnings.length) throw new Error('The bundle was made with warnings')
const [{ path, contents }] = outputFiles
mkdirSync(folder, { recursive: true })
writeFileSync(path, contents)
writeFileSync(
  join(folder, 'licenses.txt'),
  licencesOf([...Object.keys(metafile.inputs), 'node_modules/valibot/']).join('\n---\n\n'),
)

const integrity = `sha384-${createHash('sha384').update(contents).digest('base64')}`
const readme = readFileSync(readmeFile, 'utf8')
const updated = readme.replace(/<!-- cdn -->.*<!-- \/cdn -->/s, block =>
  block.replaceAll(/llmfetch@[^/]+\//g, `llmfetch@${version}/`).replace(/sha384-[^"]*/, integrity),
)
if (!updated.includes(integrity)) throw new Error('The README has no place for the integrity')
if (process.argv.includes('--readme')) writeFileSync(readmeFile, updated)
else if (process.argv.includes('--check') && updated !== readme) {
  console.error(
    `The README has another version or integrity of the CDN file, which is ${integrity}: node scripts/cdn.mjs --readme`,
  )
  process.exitCode = 1
}
