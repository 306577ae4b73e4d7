// Writes the program that does what the page has just done. It runs as it is, in Node, Deno or Bun.

import { INITIAL_DELAY, LIMITS, requestOf } from './ask.js'
import { definitions } from './tools.js'

const isName = key => /^[A-Za-z_$][\w$]*$/.test(key)

/** A text as a literal in single quotes, where it needs no escapes for it. */
const quote = text => (/['\\\n]/.test(text) ? JSON.stringify(text) : `'${text}'`)

/** A number as one writes it in code: 30_000. */
const digits = number => String(number).replace(/\B(?=(?:\d{3})+$)/g, '_')

/** A value of JSON as a literal, on one line where it is short. */
function literal(value, indent = '') {
  if (typeof value === 'string') return quote(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const inner = `${indent}  `
  const isList = Array.isArray(value)
  const write = inside =>
    isList
      ? value.map(item => literal(item, inside))
      : Object.entries(value).map(
          ([key, item]) => `${isName(key) ? key : quote(key)}: ${literal(item, inside)}`,
        )
  const [open, close] = isList ? '[]' : '{}'
  const line = write(indent).join(', ')
  if (line.length + indent.length < 80 && !line.includes('\n'))
    return isList || !line ? `${open}${line}${close}` : `{ ${line} }`
  return `${open}\n${inner}${write(inner).join(`,\n${inner}`)},\n${indent}${close}`
}

/** The source of a function, moved to where it stands. */
function sourceOf(run, indent) {
  const lines = String(run).split('\n')
  // The first line begins in mid line; the last one has the indentation of the whole.
  const depth = /^ */.exec(lines.at(-1))[0].length
  return lines.map((line, place) => (place ? indent + line.slice(depth) : line)).join('\n')
}

/** The tools with their functions, as the loop below them runs them. */
function toolsLiteral() {
  const items = definitions.map(({ name, description, parameters, execute }) => {
    const rows = [
      `description: ${quote(description)}`,
      `parameters: ${literal(parameters, '    ')}`,
      `execute: ${sourceOf(execute, '    ')}`,
    ]
    return `  ${name}: {\n    ${rows.join(',\n    ')},\n  },`
  })
  return `const tools = {\n${items.join('\n')}\n}`
}

function clientOf({ retries, silence }, names) {
  const limits = Object.entries({ ...LIMITS, idle: silence }).map(([name, ms]) => `${name}: ${digits(ms)}`)
  const policies = [
    ...(retries ? [`retry({ maxRetries: ${retries}, initialDelay: ${INITIAL_DELAY} })`] : []),
    `timeout({ ${limits.join(', ')} })`,
  ]
  const imported = ['createClient', ...(retries ? ['retry'] : []), 'timeout', ...names]
  const list = imported.sort((a, b) => a.localeCompare(b)).join(',\n  ')
  return `import process from 'node:process'
import {
  ${list},
} from 'llmfetch'

const client = createClient({
  baseUrl: process.env.LLM_BASE_URL, // OpenAI's without it
  apiKey: process.env.LLM_API_KEY,
  policies: [
    ${policies.join(',\n    ')},
  ],
})
`
}

/** The request without what the page asks for its own figures. */
function plainRequest(question) {
  const { streamOptions: _, ...request } = requestOf(question)
  return request
}

function textCode(question) {
  return `${clientOf(question, ['streamChatCompletion', 'textStream'])}
const stream = streamChatCompletion(client, ${literal(plainRequest(question))})
for await (const text of textStream(stream)) process.stdout.write(text)
`
}

function toolsCode(question) {
  const { messages, ...rest } = plainRequest(question)
  const rows = Object.entries(rest).map(([key, value]) => `  ${key}: ${literal(value, '  ')},\n`)
  return `${clientOf(question, ['ChatCompletionStream', 'streamChatCompletion'])}
${toolsLiteral()}

const request = {
${rows.join('')}  tools: Object.entries(tools).map(([name, { description, parameters }]) => ({
    type: 'function',
    function: { name, description, parameters },
  })),
}
const messages = ${literal(messages)}

for (let step = 1; step <= 5; step++) {
  const stream = new ChatCompletionStream(streamChatCompletion(client, { ...request, messages }))
  for await (const text of stream.text()) process.stdout.write(text)
  const { message } = (await stream.completion()).choices[0]
  messages.push(message)
  if (!message.toolCalls) break
  for (const { id, function: { name, arguments: json } } of message.toolCalls) {
    const result = await tools[name].execute(JSON.parse(json))
    messages.push({ role: 'tool', toolCallId: id, content: JSON.stringify(result) })
  }
}
`
}

function objectCode(question) {
  const jsonSchema = { name: 'answer', schema: question.schema }
  const request = { ...plainRequest(question), responseFormat: { type: 'json_schema', jsonSchema } }
  return `${clientOf(question, ['collectText', 'streamChatCompletion'])}
const stream = streamChatCompletion(client, ${literal(request)})
console.log(JSON.parse(await collectText(stream)))
`
}

/** The program for a question, as `ask` takes it. */
export function codeFor(question) {
  const write = { text: textCode, tools: toolsCode, object: objectCode }[question.mode]
  return write(question)
}
