/** The clients by id, in the order of the tables. Each is loaded by who measures it, so that none pays for another. */
export const clientIds = [
  'bare',
  'llmfetch',
  'llmfetch-policies',
  'llm-client',
  'xsai',
  'llmwire',
  'openai',
  'openrouter',
  'ai',
]

export async function loadClient(id) {
  return (await import(`./${id}.mjs`)).default
}

export const loadClients = (ids = clientIds) =>
  Promise.all(ids.map(async id => ({ id, ...(await loadClient(id)) })))
