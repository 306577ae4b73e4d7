import { check } from '../project.mjs'

/** The pages that every browser opens: unbundled modules, and the file for CDNs. `go` opens an address. */
export async function visitAll({ pages, engine, go }) {
  const visit = async (path, name) => {
    const { url, results } = pages.open(path, { engine: name })
    await go(url)
    return results
  }
  const own = await visit('/modules', engine)
  console.log('  The CDN file is the root alone: what needs another entry is not run in it.')
  const cdn = await visit('/cdn', `${engine}-cdn`)
  const quiet = await check('strict Content-Security-Policy: no violation, no stray error', () => {
    const failures = [...own.failures, ...cdn.failures]
    if (failures.length) throw new Error(failures.join('\n'))
  })
  const sealed = await check('CDN file: held to its integrity by an import map', async () => {
    for (const [path, expected] of [
      ['/sealed', 'function'],
      ['/tampered', 'TypeError'],
    ]) {
      const { results: loaded } = await visit(path, engine)
      if (loaded !== expected) throw new Error(`${path}: ${loaded} where ${expected} was expected`)
    }
  })
  const fromCdn = cdn.results.map(result => ({ ...result, name: `CDN file: ${result.name}` }))
  return [...own.results, quiet, ...fromCdn, sealed]
}
