import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startWorker } from './adapters/workerd.mjs'
import { startKept } from './kept.mjs'
import { startLab } from './lab.mjs'
import { startRegistry } from './packages.mjs'
import { startPages } from './pages.mjs'
import { makeNpmProject } from './project.mjs'

/**
 * All that the engines share: the registry, a project with the package from it, the service, the relaying Worker and the pages.
 * Everything is made of the tarball, the fake model too.
 */
export async function openGround(folder) {
  const registry = await startRegistry(join(folder, 'registry'))
  const npmProject = await makeNpmProject(join(folder, 'npm'), registry)
  const server = pathToFileURL(join(npmProject, 'node_modules/llmfetch/dist/testing/server.js'))
  const { startFakeServer } = await import(server)
  const model = await startFakeServer()
  const slowModel = await startFakeServer({ chunkDelay: 25 })
  const lab = await startLab({ model: model.url, slowModel: slowModel.url })
  const relay = await startWorker(join(npmProject, 'relay-worker.mjs'), { LAB: lab.url })
  const kept = await startKept(npmProject, slowModel.baseUrl)
  const addresses = { lab: lab.url, relay: relay.url }
  const pages = await startPages(npmProject, { ...addresses, kept: kept.url })
  const open = [pages, kept, relay, lab, slowModel, model, registry]
  return {
    folder,
    registry,
    npmProject,
    pages,
    kept,
    config: { ...addresses, isPage: false },
    async close() {
      for (const one of open) await one.close()
    },
  }
}
