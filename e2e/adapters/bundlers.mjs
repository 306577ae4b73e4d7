import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { check, FROM_NPM, runProgram } from '../project.mjs'

/** Each bundles `main.mjs`, for browsers, into `file` of `folder`, and resolves with its warnings. */
const bundle = {
  async esbuild({ project, folder, file }) {
    const { build } = await import('esbuild')
    const { warnings } = await build({
      entryPoints: [join(project, 'main.mjs')],
      outfile: join(folder, file),
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      logLevel: 'silent',
    })
    return warnings.map(({ text }) => text)
  },

  async rolldown({ project, folder, file }) {
    const { rolldown } = await import('rolldown')
    const warnings = []
    const made = await rolldown({
      input: join(project, 'main.mjs'),
      platform: 'browser',
      onLog: (_level, log) => warnings.push(log.message),
    })
    await made.write({ file: join(folder, file), format: 'esm', minify: true })
    await made.close()
    return warnings
  },

  async vite({ project, folder, file }) {
    const { build, createLogger } = await import('vite')
    const warnings = []
    const warn = message => warnings.push(message)
    await build({
      root: project,
      configFile: false,
      logLevel: 'silent',
      customLogger: { ...createLogger('silent'), warn, warnOnce: warn, error: warn },
      build: {
        target: 'es2022',
        outDir: folder,
        emptyOutDir: false,
        modulePreload: false,
        rollupOptions: { input: join(project, 'main.mjs'), output: { entryFileNames: file } },
      },
    })
    return warnings
  },

  async webpack({ project, folder, file }) {
    const { default: webpack } = await import('webpack')
    const stats = await new Promise((resolve, reject) => {
      const options = {
        context: project,
        entry: './main.mjs',
        mode: 'production',
        target: ['web', 'es2022'],
        experiments: { outputModule: true },
        output: { path: folder, filename: file, library: { type: 'module' } },
      }
      webpack(options, (error, stats) => (error ? reject(error) : resolve(stats)))
    })
    const { warnings, errors } = stats.toJson({ all: false, warnings: true, errors: true })
    return [...warnings, ...errors].map(({ message }) => message)
  },
}

/** What users' bundlers make of the package: no warning, and a bundle in which the spec holds. */
export const bundlers = {
  name: 'Bundlers',
  runsSpec: false,

  async find() {
    const names = Object.keys(bundle)
    try {
      const manifests = await Promise.all(
        names.map(name => import(`${name}/package.json`, { with: { type: 'json' } })),
      )
      return { version: manifests.map(({ default: { version } }, n) => `${names[n]} ${version}`).join(', ') }
    } catch {
      return { missing: FROM_NPM }
    }
  },

  async run({ folder: parent, npmProject: project, config }) {
    const folder = join(parent, 'bundles')
    await mkdir(folder)
    const results = []
    for (const [name, make] of Object.entries(bundle)) {
      const file = `bundled-by-${name}.mjs`
      const made = await check(`${name}: no warning`, async () => {
        const warnings = await make({ project, folder, file })
        if (warnings.length) throw new Error(warnings.join('\n'))
      })
      const ran = await check(`${name}: the spec holds in the bundle`, async () => {
        const argument = JSON.stringify({ ...config, engine: `${config.engine}-${name}` })
        const failed = (await runProgram(process.execPath, [join(folder, file), argument])).filter(
          r => r.error,
        )
        if (failed.length) throw new Error(failed.map(({ name, error }) => `${name}: ${error}`).join('\n'))
      })
      results.push(made, ran)
    }
    return results
  },
}
