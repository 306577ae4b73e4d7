// Answers a question about the files of the folder that it is started in.
//
//   LLM_API_KEY=sk-… node agent.mjs "What does this project do?"

import { readdir, readFile } from 'node:fs/promises'
import process from 'node:process'
import { createClient, isLLMError, retry, streamTools, timeout, tool } from 'llmfetch'
import { z } from 'zod'

const { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL = 'gpt-4.1-mini' } = process.env

const client = createClient({
  baseUrl: LLM_BASE_URL, // OpenAI's where it is not set
  apiKey: LLM_API_KEY,
  policies: [retry({ maxRetries: 2 }), timeout({ headers: 30_000, firstEvent: 60_000, idle: 30_000 })],
})

/** The files that the model may know of: those of this folder alone, whatever path it asks for. */
const files = async () =>
  (await readdir('.', { withFileTypes: true })).filter(file => file.isFile()).map(({ name }) => name)

const tools = [
  tool({ name: 'list_files', description: 'Lists the files of the project', execute: files }),
  tool({
    name: 'read_file',
    description: 'Reads the text in a file of the project',
    input: z.object({ name: z.string() }),
    timeout: 10_000,
    async execute({ name }, { signal }) {
      if (!(await files()).includes(name)) throw new Error(`There is no file ${name}`)
      return (await readFile(name, { encoding: 'utf8', signal })).slice(0, 20_000)
    },
  }),
]

const messages = [{ role: 'user', content: process.argv[2] ?? 'What does this project do? List the files.' }]
const limits = { maxSteps: 10, maxTotalTokens: 50_000 }
try {
  for await (const event of streamTools(client, { model: LLM_MODEL, messages, tools }, limits)) {
    if (event.type === 'text') process.stdout.write(event.delta)
    if (event.type === 'toolCall')
      console.error(`[${event.toolCall.function.name} ${event.toolCall.function.arguments}]`)
    if (event.type === 'end') console.error(`\n[${event.run.stopped}, ${event.run.usage.totalTokens} tokens]`)
  }
} catch (error) {
  if (!isLLMError(error)) throw error
  console.error(`\n${error.name}: ${error.message}`)
  process.exitCode = 1
}
