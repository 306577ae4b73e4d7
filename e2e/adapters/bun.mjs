import { join } from 'node:path'
import { run } from '../packages.mjs'
import { check, FROM_NPM, findProgram, makeProject, runProgram } from '../project.mjs'

const bin = join(import.meta.dirname, '../node_modules/.bin/bun')

export const bun = {
  name: 'Bun',
  find: () => findProgram(bin, { install: FROM_NPM }),

  async run({ folder, registry, config }) {
    const { env, tarball } = registry
    const cwd = await makeProject(join(folder, 'bun'))
    const added = await check('bun add, of the tarball', async () => {
      await run(bin, ['add', tarball], { cwd, env })
    })
    if (added.error) return [added]
    return [added, ...(await runProgram(bin, ['run', 'main.mjs', JSON.stringify(config)], { cwd }))]
  },
}
