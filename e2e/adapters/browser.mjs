import { check } from '../project.mjs'
import { equal, ok, question } from '../spec/tools.mjs'

/** The pages that every browser opens: unbundled modules, and the file for CDNs. `go` opens an address. */
export async function visitAll({ pages, kept, engine, go }) {
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
  const reloaded = await check('a page that is reloaded in mid answer reads on, and asks once', async () => {
    const user = `${engine}-reload`
    const { results, failures } = await visit('/reload', user)
    const { loads, before, end, text } = results
    const whole = await (
      await fetch(`${kept.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${user}` },
        body: JSON.stringify(question),
      })
    ).json()
    equal(text, whole.choices[0].message.content, 'the text')
    ok(text.startsWith(before) && before.length < text.length, `left in mid answer: ${before}`)
    ok(end !== text, 'the first page did not come to the end')
    equal(loads, 2, 'loads of the page')
    equal(failures, [], 'failures')
    // The one just above is the second.
    equal(kept.asked(user), 2, 'requests to the service')
  })
  const fromCdn = cdn.results.map(result => ({ ...result, name: `CDN file: ${result.name}` }))
  return [...own.results, quiet, ...fromCdn, sealed, reloaded]
}
