// What the pages' blocks take for granted. A block names what it takes in a comment above it.
// Not TypeScript, because the types of `llmfetch` are there only once it is built.

import { createClient } from 'llmfetch'

/** @type {import('llmfetch').Client} */
export const client = createClient({ apiKey: 'sk-of-the-reader' })

/** @type {import('llmfetch').Message[]} */
export const messages = [{ role: 'user', content: 'Why is the sky blue?' }]
