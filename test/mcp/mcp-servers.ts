import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  Client as ClientTwo,
  StreamableHTTPClientTransport as TransportTwo,
} from '@modelcontextprotocol/client'
import { Client as ClientOne } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportOne } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer as ServerOne } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createMcpHandler, McpServer as ServerTwo } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { McpClient } from '../../src/mcp/index.ts'

/** A server with tools, and a client that is connected to it over loopback. */
export interface Connected {
  readonly client: McpClient
  /** The calls that have reached the server's tools, and those that the server was told to end. */
  readonly called: string[]
  readonly aborted: string[]
  close(): Promise<void>
}

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** What both versions of the SDK's server have. */
interface AnyServer {
  // biome-ignore lint/suspicious/noExplicitAny: each version has types of its own for the same thing
  registerTool(name: string, config: any, handler: (input: any, extra: any) => any): unknown
}

const text = (words: string) => ({ content: [{ type: 'text', text: words }] })

function register(server: AnyServer, called: string[], aborted: string[]): void {
  server.registerTool(
    'files.read',
    {
      description: 'Reads a file',
      inputSchema: z.object({ path: z.string().min(2) }),
      annotations: { readOnlyHint: true },
    },
    ({ path }) => {
      called.push(`read ${path}`)
      return text(`The text of ${path}`)
    },
  )
  server.registerTool('draw', { description: 'Draws a picture', inputSchema: z.object({}) }, () => ({
    content: [
      { type: 'text', text: 'Here it is:' },
      { type: 'image', data: PIXEL, mimeType: 'image/png' },
      { type: 'resource', resource: { uri: 'file:///notes.txt', mimeType: 'text/plain', text: 'a note' } },
    ],
  }))
  server.registerTool('refuse', { inputSchema: z.object({}) }, () => ({
    ...text('No such file'),
    isError: true,
  }))
  server.registerTool('throw', { inputSchema: z.object({}) }, () => {
    throw new Error('The disk is gone')
  })
  server.registerTool(
    'measure',
    { inputSchema: z.object({}), outputSchema: z.object({ degrees: z.number() }) },
    () => ({ structuredContent: { degrees: 21 }, content: [] }),
  )
  server.registerTool(
    'wait',
    { inputSchema: z.object({}) },
    (_, extra) =>
      new Promise(resolve => {
        called.push('wait')
        // The one version has the signal beside the rest, the other in a part of its own.
        const signal: AbortSignal = extra.signal ?? extra.mcpReq.signal
        signal.addEventListener('abort', () => {
          aborted.push('wait')
          resolve(text('too late'))
        })
      }),
  )
}

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`), close }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  return body
}

/** `@modelcontextprotocol/sdk` 1, with a server that keeps its session. */
export async function connectOne(): Promise<Connected> {
  const called: string[] = []
  const aborted: string[] = []
  const server = new ServerOne({ name: 'files', version: '1.0.0' })
  register(server, called, aborted)
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => crypto.randomUUID() })
  await server.connect(transport as Parameters<typeof server.connect>[0])
  const { url, close } = await listen(async (request, response) => {
    await transport.handleRequest(request, response)
  })
  const client = new ClientOne({ name: 'test', version: '1.0.0' })
  await client.connect(new TransportOne(url) as Parameters<typeof client.connect>[0])
  return {
    client,
    called,
    aborted,
    async close() {
      await client.close()
      await server.close()
      await close()
    },
  }
}

/** `@modelcontextprotocol/client` and `server` 2, which speak in web-standard requests. */
export async function connectTwo(): Promise<Connected> {
  const called: string[] = []
  const aborted: string[] = []
  const handler = createMcpHandler(() => {
    const server = new ServerTwo({ name: 'files', version: '1.0.0' })
    register(server, called, aborted)
    return server
  })
  const { url, close } = await listen(async (request, response) => {
    const controller = new AbortController()
    response.on('close', () => controller.abort())
    const body = request.method === 'POST' ? await bodyOf(request) : undefined
    // Without a session the notice meets another server than the call did: that it comes is all that can be seen.
    if (body?.includes('"notifications/cancelled"')) aborted.push('wait')
    const headers = request.headers as Record<string, string>
    const init = {
      method: request.method ?? 'GET',
      headers,
      signal: controller.signal,
      ...(body && { body }),
    }
    const answer = await handler.fetch(new Request(new URL(request.url ?? '/', url), init))
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    const reader = answer.body?.getReader()
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read())
      response.write(read.value)
    response.end()
  })
  const client = new ClientTwo({ name: 'test', version: '1.0.0' })
  await client.connect(new TransportTwo(url))
  return {
    client,
    called,
    aborted,
    async close() {
      await client.close()
      await handler.close()
      await close()
    },
  }
}
