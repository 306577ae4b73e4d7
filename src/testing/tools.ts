import { hashId } from './hash.ts'
import { type Hints, hintsOf } from './hints.ts'
import { isObject, type JsonObject } from './json.ts'
import { promptOf } from './prompt.ts'
import { schemaValue } from './schema-value.ts'
import { keywordsOf, wordsOf } from './text.ts'
import type { FakeChatRequest } from './types.ts'

/** A call as it stands in a message. */
export interface ToolCall {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
}

interface Tool {
  name: string
  description: string
  parameters: unknown
}

/** The calls the model makes in answer to a request; none when it answers in words. `id` makes the calls' ids. */
export function callTools(request: FakeChatRequest, id: string): ToolCall[] {
  const hints = hintsOf(promptOf(request.messages))
  return chooseTools(request).map((tool, i) => {
    hints.renew()
    return {
      id: `call_${hashId(`${id} ${i}`, 24)}`,
      type: 'function',
      function: { name: tool.name, arguments: writeArguments(tool, hints) },
    }
  })
}

function writeArguments({ parameters }: Tool, hints: Hints): string {
  if (!isObject(parameters)) return '{}'
  // Parameters are an object even where the schema, `{}` say, leaves that open.
  return JSON.stringify(
    schemaValue('type' in parameters ? parameters : { type: 'object', ...parameters }, hints),
  )
}

function chooseTools({
  messages,
  tools: given,
  tool_choice: choice,
  parallel_tool_calls: parallel,
}: FakeChatRequest): Tool[] {
  const tools = (Array.isArray(given) ? given : []).map(readTool).filter(tool => tool !== undefined)
  const named = isObject(choice) && isObject(choice.function) ? choice.function.name : undefined
  if (named !== undefined) return tools.filter(tool => tool.name === named).slice(0, 1)
  const isAsked = messages.at(-1)?.role === 'user'
  if (choice === 'none' || (choice !== 'required' && !isAsked)) return []
  const prompt = promptOf(messages)
  const asked = new Set(keywordsOf(prompt).map(stem))
  const scored = tools.map(tool => ({
    tool,
    score: wordsOfTool(tool).filter(word => asked.has(word)).length,
  }))
  const matches = scored.filter(({ score }) => score > 0).map(({ tool }) => tool)
  const several = parallel !== false && wordsOf(prompt).some(word => word.toLowerCase() === 'and')
  if (several && matches.length > 1) return matches
  const best = Math.max(...scored.map(({ score }) => score))
  return scored
    .filter(({ score }) => score === best)
    .map(({ tool }) => tool)
    .slice(0, 1)
}

function readTool(tool: JsonObject): Tool | undefined {
  if (tool.type !== 'function' || !isObject(tool.function)) return undefined
  const { name, description, parameters } = tool.function
  return { name: String(name), description: typeof description === 'string' ? description : '', parameters }
}

/** The words that say what a tool is for, without their plural. */
function wordsOfTool({ name, description }: Tool): string[] {
  const text = `${name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll('_', ' ')} ${description}`
  return [...new Set(keywordsOf(text).map(stem))]
}

function stem(word: string): string {
  return word.length > 3 && word.endsWith('s') ? word.slice(0, -1) : word
}
