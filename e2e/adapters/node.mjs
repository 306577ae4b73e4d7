import { join } from 'node:path'
import { FROM_NPM, findProgram, runProgram } from '../project.mjs'

/** One major version of Node, from the npm package `node` under the alias `node{major}`. */
export function node(major) {
  const bin = join(import.meta.dirname, `../node_modules/node${major}/bin/node`)
  return {
    name: 'Node',
    find: () => findProgram(bin, { install: FROM_NPM }),
    run({ npmProject, config }) {
      return runProgram(bin, ['main.mjs', JSON.stringify(config)], { cwd: npmProject })
    },
  }
}
