import { sizeAdded } from './bundle.mjs'

/** Bytes that each of some endpoint functions adds, on average, to a bundle that has a client and a call already. The first with an id in its path brings what fills that in, too. */
export async function measureEndpoint(names = ['listModels']) {
  const present = `export { createClient, createChatCompletion } from 'llmfetch'`
  return (await sizeAdded(`export { ${names.join(', ')} } from 'llmfetch'`, present)) / names.length
}
