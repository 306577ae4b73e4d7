import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root, run } from '../packages.mjs'
import { check, FROM_NPM, findProgram, makeProject, runProgram } from '../project.mjs'

const bin = join(import.meta.dirname, '../node_modules/.bin/deno')

const TYPED = `import { createChatCompletion, createClient } from 'llmfetch'
const { choices } = await createChatCompletion(createClient(), { model: 'm', messages: [] })
export const text: string | null | undefined = choices[0].message.content
// @ts-expect-error: the types are there
export const wrong: number = choices[0].message.content
`

/** With leave to use the network and nothing else: no file, no environment. */
export const deno = {
  name: 'Deno',
  find: () => findProgram(bin, { install: FROM_NPM, pattern: /\d[\d.]*/ }),

  async run({ folder, registry: { env }, config }) {
    const cwd = await makeProject(join(folder, 'deno'))
    await writeFile(join(cwd, 'deno.json'), '{ "nodeModulesDir": "none" }')
    const added = await check('deno add, of the tarball', async () => {
      await run(bin, ['add', 'npm:llmfetch'], { cwd, env })
    })
    const types = await check('deno check', async () => {
      await writeFile(join(cwd, 'typed.ts'), TYPED)
      await run(bin, ['check', 'typed.ts'], { cwd, env })
    })
    const published = await check('deno publish --dry-run, as JSR has it', async () => {
      // The version stands in package.json alone.
      await run(bin, ['publish', '--dry-run', '--allow-dirty', '--set-version', '0.0.0'], { cwd: root, env })
    })
    const args = ['run', '--no-prompt', '--cached-only', '--allow-net=127.0.0.1', 'main.mjs']
    const results = added.error ? [] : await runProgram(bin, [...args, JSON.stringify(config)], { cwd, env })
    return [added, types, published, ...results]
  },
}
