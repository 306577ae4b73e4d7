// While you work on the page, Vite holds the key and passes /api on. Once deployed, a server does: see ../worker or ../relay-node.

import process from 'node:process'

const { LLM_BASE_URL = 'https://api.openai.com/v1', LLM_API_KEY = '' } = process.env
const { origin, pathname } = new URL(LLM_BASE_URL)

const proxy = {
  '/api': {
    target: origin,
    changeOrigin: true,
    headers: { authorization: `Bearer ${LLM_API_KEY}` },
    rewrite: path => path.replace('/api', pathname),
  },
}

export default { server: { proxy }, preview: { proxy } }
