// Bundles one call and one stream with this and other clients, and writes the README's comparison. Needs the network, so no
// check runs it; the rows of llmfetch itself are kept fresh by sizes.mjs.
//
//   npm run build && node scripts/compare-sizes.mjs

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { writeFormatted } from './write-formatted.mjs'

const root = join(import.meta.dirname, '..')
const request = "{ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }"
const ai = `
  import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
  const model = createOpenAICompatible({ name: 'llm', baseURL: 'https://llm.example/v1', apiKey: 'k' })('m')
`
const openai = `
  import OpenAI from 'openai'
  const client = new OpenAI({ baseURL: 'https://llm.example/v1', apiKey: 'k' })
`
const settings = "{ baseUrl: 'https://llm.example/v1', apiKey: async () => 'k' }"

/** What a user writes for one call and for one stream. */
const clients = [
  {
    name: '`llmfetch`, functions',
    packages: [],
    call: `
      import { createClient, createChatCompletion } from 'llmfetch'
      const client = createClient(${settings})
      console.log((await createChatCompletion(client, ${request})).choices[0].message.content)`,
    stream: `
      import { createClient, streamChatCompletion, textStream } from 'llmfetch'
      const client = createClient(${settings})
      for await (const text of textStream(streamChatCompletion(client, ${request}))) console.log(text)`,
  },
  {
    name: '`llmfetch`, functions with `retry` and `timeout`',
    packages: [],
    call: `
      import { createClient, createChatCompletion, retry, timeout } from 'llmfetch'
      const client = createClient({ ...${settings}, policies: [retry(), timeout(60000)] })
      console.log((await createChatCompletion(client, ${request})).choices[0].message.content)`,
    stream: `
      import { createClient, streamChatCompletion, textStream, retry, timeout } from 'llmfetch'
      const client = createClient({ ...${settings}, policies: [retry(), timeout(60000)] })
      for await (const text of textStream(streamChatCompletion(client, ${request}))) console.log(text)`,
  },
  {
    name: '`llmfetch`, `LLMClient`',
    packages: [],
    call: `
      import { LLMClient } from 'llmfetch'
      const client = new LLMClient(${settings})
      console.log((await client.chat.completions.create(${request})).choices[0].message.content)`,
    stream: `
      import { LLMClient } from 'llmfetch'
      const client = new LLMClient(${settings})
      for await (const text of client.chat.completions.stream(${request}).text()) console.log(text)`,
  },
  {
    name: '`@xsai/generate-text`, `@xsai/stream-text`',
    packages: ['@xsai/generate-text', '@xsai/stream-text'],
    call: `
      import { generateText } from '@xsai/generate-text'
      console.log((await generateText({ apiKey: 'k', baseURL: 'https://llm.example/v1', ...${request} })).text)`,
    stream: `
      import { streamText } from '@xsai/stream-text'
      const { textStream } = streamText({ apiKey: 'k', baseURL: 'https://llm.example/v1', ...${request} })
      for await (const text of textStream) console.log(text)`,
  },
  {
    name: '`openai`',
    packages: ['openai'],
    call: `${openai}
      console.log((await client.chat.completions.create(${request})).choices[0].message.content)`,
    stream: `${openai}
      const stream = await client.chat.completions.create({ ...${request}, stream: true })
      for await (const chunk of stream) console.log(chunk.choices[0]?.delta.content)`,
  },
  {
    name: '`ai` with `@ai-sdk/openai-compatible`',
    packages: ['ai', '@ai-sdk/openai-compatible'],
    call: `${ai}
      import { generateText } from 'ai'
      console.log((await generateText({ model, prompt: 'Hi' })).text)`,
    stream: `${ai}
      import { streamText } from 'ai'
      for await (const text of streamText({ model, prompt: 'Hi' }).textStream) console.log(text)`,
  },
]

async function measure(contents, resolveDir) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  })
  return `${(gzipSync(outputFiles[0].contents, { level: 9 }).length / 1000).toFixed(1)} kB`
}

/** A client's row of the table; its packages are in `home`. */
async function measureRow({ name, packages, call, stream }, home) {
  const manifests = packages.length ? packages.map(one => join(home, 'node_modules', one)) : [home]
  const versions = manifests.map(at => JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')).version)
  return `| ${name} | ${[...new Set(versions)].join(', ')} | ${await measure(call, home)} | ${await measure(stream, home)} |`
}

/** The rows of llmfetch, as it is built now. */
export function measureOwnRows() {
  return Promise.all(clients.filter(isOwn).map(client => measureRow(client, root)))
}

function isOwn({ packages }) {
  return packages.length === 0
}

async function measureOtherRows() {
  const others = clients.filter(client => !isOwn(client))
  const folder = mkdtempSync(join(tmpdir(), 'llmfetch-compare-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{ "private": true }')
    const packages = others.flatMap(client => client.packages)
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', ...packages], { cwd: folder })
    return await Promise.all(others.map(client => measureRow(client, folder)))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (import.meta.main) {
  const head = ['| client | version | one call | one stream |', '|---|---|---:|---:|']
  const rows = [...head, ...(await measureOwnRows()), ...(await measureOtherRows())].join('\n')
  console.log(rows)
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const table = `<!-- compare -->\n${rows}\n<!-- /compare -->`
  writeFormatted(
    join(root, 'README.md'),
    readme.replace(/<!-- compare -->.*<!-- \/compare -->/s, () => table),
  )
}
