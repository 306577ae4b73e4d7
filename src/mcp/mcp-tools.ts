import { LimitError } from '../errors/limit-error.ts'
import { tool } from '../tools/tool.ts'
import { toolContent } from '../tools/tool-content.ts'
import type { RunnableTool, ToolContext } from '../tools/types.ts'
import { isObject } from '../wire/names.ts'
import { type McpContent, toParts } from './to-parts.ts'

/** A tool as an MCP server describes it. Nothing in it is to be trusted more than the server is. */
export interface McpTool {
  readonly name: string
  readonly description?: string | undefined
  readonly inputSchema: object
  /** What the server says of it: `readOnlyHint`, `destructiveHint` and the like. */
  readonly annotations?: { readonly [hint: string]: unknown } | undefined
}

/** What an MCP server answers to a call. */
export interface McpResult {
  readonly content?: readonly McpContent[] | null
  readonly structuredContent?: unknown
  readonly isError?: boolean | undefined
}

/** What is used of the official SDK's client: of `@modelcontextprotocol/sdk` 1 and of `@modelcontextprotocol/client` 2. */
export interface McpClient {
  listTools(params?: { cursor?: string }): Promise<{
    readonly tools: readonly McpTool[]
    readonly nextCursor?: string | null | undefined
  }>
  // biome-ignore lint/suspicious/noExplicitAny: the two versions have other arguments behind the first
  callTool(params: { name: string; arguments: any }, ...more: any[]): Promise<any>
}

/** Settings of {@link mcpTools}. */
export interface McpToolsOptions {
  /** Stands before the name of each tool, with `_` between, so that those of two servers differ. @default none */
  readonly prefix?: string | undefined
  /** Chooses tools. @default all of them */
  readonly filter?: ((tool: McpTool) => boolean) | undefined
  /** Asks whether a call may run; see `tool`. @default every call runs */
  readonly approve?:
    | ((input: { [key: string]: unknown }, context: ToolContext, tool: McpTool) => boolean | Promise<boolean>)
    | undefined
  /** How long a call may take, in milliseconds. @default the 60 seconds of the SDK */
  readonly timeout?: number | undefined
  /** Whether the service must hold the model to the schemas; see `tool`. */
  readonly strict?: boolean | undefined
}

/** More than any model can choose from; a server might go on for ever. */
const MAX_TOOLS = 1000

async function listAll(client: McpClient): Promise<readonly McpTool[]> {
  const tools: McpTool[] = []
  const cursors = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor })
    cursor = page.nextCursor ?? undefined
    if (
      tools.length + page.tools.length > MAX_TOOLS ||
      // Pages may be empty, too.
      cursors.size > MAX_TOOLS ||
      (cursor !== undefined && cursors.size === cursors.add(cursor).size)
    )
      throw new LimitError(`The MCP server lists more than ${MAX_TOOLS} tools, or pages for ever`)
    tools.push(...page.tools)
  } while (cursor !== undefined)
  return tools
}

/** A name that services take, and that no other tool has. MCP allows dots, slashes and 128 characters. */
function nameOf(name: string, taken: Set<string>): string {
  const plain = name.replace(/[^\w-]/g, '_').slice(0, 64)
  let unique = plain
  for (let i = 2; taken.has(unique); i++) unique = `${plain.slice(0, 60)}_${i}`
  taken.add(unique)
  return unique
}

/** Keywords whose values are data, not schemas, and those that hold schemas under names of the server's own. */
const DATA = /^(default|const|enum|examples?)$/
const NAMED = /^(\$defs|definitions|dependentSchemas|(patternP|p)roperties)$/

/** Makes a schema say of each of its lists what it is of. */
function describeLists(node: unknown, isNamed = false): unknown {
  if (Array.isArray(node)) return node.map(item => describeLists(item))
  if (!isObject(node)) return node
  const members = Object.entries(node).map(([name, value]) => [
    name,
    !isNamed && DATA.test(name) ? value : describeLists(value, !isNamed && NAMED.test(name)),
  ])
  const isList = !isNamed && [node.type].flat().includes('array') && !node.prefixItems
  return { ...(isList && { items: {} }), ...Object.fromEntries(members) }
}

/** A tool's schema without what services refuse: `$schema`, and a list that does not say of what it is. */
function parametersOf({ inputSchema }: McpTool): object {
  const { $schema, ...parameters } = describeLists(inputSchema) as { $schema?: unknown }
  return parameters
}

async function call(
  client: McpClient,
  name: string,
  input: object,
  options: { readonly signal: AbortSignal; readonly timeout?: number | undefined },
): Promise<object> {
  // The SDK's version 1 has the schema of the result before the options.
  const more = client.callTool.length > 1 ? [options] : [undefined, options]
  const result: McpResult = await client.callTool({ name, arguments: input }, ...more)
  const { content, structuredContent, isError } = result
  const parts = toParts(
    content?.length ? content : [{ type: 'text', text: JSON.stringify(structuredContent ?? null) }],
  )
  const output = toolContent(parts)
  if (!isError) return { ...output, result }
  const words = parts.flatMap(part => (part.type === 'text' && 'text' in part ? [part.text] : []))
  throw new Error(words.join('\n'), { cause: result })
}

/**
 * Makes tools of those of an MCP server, to be given to `runTools` and `streamTools`, beside others. What the server says is
 * wrong goes to the model, as do pictures in its results. `output.result` of a `toolResult` is the server's own.
 *
 * A server's descriptions and results are read by the model as yours are: connect only to servers that you trust, and let
 * `approve` ask before anything is done that matters.
 *
 * @param client a connected client of the official SDK
 * @throws what the client throws, and a {@link LimitError} for a server with more than 1,000 tools
 * @example
 * const client = new Client({ name: 'my-app', version: '1.0.0' })
 * await client.connect(new StreamableHTTPClientTransport(new URL('https://mcp.example/mcp')))
 * const run = await runTools(llm, { model, messages, tools: await mcpTools(client, { prefix: 'files' }) })
 */
export async function mcpTools(
  client: McpClient,
  { prefix, filter = () => true, approve, timeout, strict }: McpToolsOptions = {},
): Promise<RunnableTool<{ [key: string]: unknown }>[]> {
  const taken = new Set<string>()
  return (await listAll(client)).filter(filter).map(described => {
    return tool({
      name: nameOf((prefix === undefined ? '' : `${prefix}_`) + described.name, taken),
      description: described.description,
      parameters: parametersOf(described),
      timeout,
      strict,
      ...(approve && { approve: (input, context) => approve(input, context, described) }),
      execute: (input, { signal }) =>
        call(client, described.name, input, { signal, ...(timeout !== undefined && { timeout }) }),
    })
  })
}
