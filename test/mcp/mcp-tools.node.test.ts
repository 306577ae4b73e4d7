import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { LimitError, type Message, runTools } from '../../src/index.ts'
import { type McpClient, mcpTools } from '../../src/mcp/index.ts'
import { failureOf } from '../client/harness.ts'
import { type Scripted, type ScriptedCall, scripted } from '../tools/scripted.ts'
import { type Connected, connectOne, connectTwo } from './mcp-servers.ts'

const user: Message = { role: 'user', content: 'Read my notes.' }
const done: Scripted = { content: 'Done.' }

describe.each([
  ['@modelcontextprotocol/sdk 1', connectOne],
  ['@modelcontextprotocol/client 2', connectTwo],
])('mcpTools over %s', (_, connect) => {
  let server: Connected
  beforeAll(async () => {
    server = await connect()
  })
  afterAll(() => server?.close())
  beforeEach(() => {
    server.called.length = 0
    server.aborted.length = 0
  })

  /** What the model is told of one call, and the rest of that step. */
  async function told(call: ScriptedCall, options: Parameters<typeof mcpTools>[1] = {}) {
    const { client, requests } = scripted([{ calls: [call] }, done])
    const run = await runTools(client, {
      model: 'fake-small',
      messages: [user],
      tools: await mcpTools(server.client, options),
    })
    return { content: requests[1].messages[2].content, after: requests[1].messages.slice(3), run, requests }
  }

  it('describes the tools of the server, under names that services take', async () => {
    const tools = await mcpTools(server.client)
    expect(tools.map(({ function: { name } }) => name)).toEqual([
      'files_read',
      'draw',
      'refuse',
      'throw',
      'measure',
      'wait',
    ])
    const { description, parameters } = tools[0]!.function
    expect(description).toBe('Reads a file')
    expect(parameters).toMatchObject({
      type: 'object',
      properties: { path: { type: 'string', minLength: 2 } },
      required: ['path'],
    })
    expect(parameters).not.toHaveProperty('$schema')
  })

  it('runs a call, and tells the model the text', async () => {
    const { content, run } = await told({ name: 'files_read', args: { path: 'notes' } })
    expect(content).toBe('The text of notes')
    expect(server.called).toEqual(['read notes'])
    expect(run.steps[0]!.results[0]!.output).toMatchObject({
      result: { content: [{ type: 'text', text: 'The text of notes' }] },
    })
  })

  it('shows the model a picture, and reads it a resource', async () => {
    const { content, after } = await told({ name: 'draw' })
    expect(content).toBe('Here it is:\n(image_url follows)\nfile:///notes.txt:\na note')
    expect(after).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'From draw (call_0_0):' },
          { type: 'image_url', image_url: { url: expect.stringMatching(/^data:image\/png;base64,iVBOR/) } },
        ],
      },
    ])
  })

  it('tells the structure where there is no text', async () => {
    expect((await told({ name: 'measure' })).content).toBe('{"degrees":21}')
  })

  it.each([
    ['an error that a tool gives', { name: 'refuse' }, /^Failed: No such file$/],
    ['an error that a tool throws', { name: 'throw' }, /^Failed: .*The disk is gone/],
    ['what the server refuses', { name: 'files_read', args: { path: 1 } }, /^Failed: .*path/s],
  ])('tells the model of %s', async (_, call, content) => {
    const answer = await told(call)
    expect(answer.content).toMatch(content)
    expect(answer.run.stopped).toBe('answer')
    expect(answer.run.steps[0]!.results[0]!.failed).toBeInstanceOf(Error)
  })

  it('takes a prefix and a filter, and asks for approval with what the server says of the tool', async () => {
    const approve = vi.fn(() => false)
    const { client } = scripted([{ calls: [{ name: 'my_files_read', args: { path: 'notes' } }] }])
    const tools = await mcpTools(server.client, {
      prefix: 'my',
      filter: ({ annotations }) => annotations?.readOnlyHint === true,
      approve,
    })
    expect(tools).toHaveLength(1)
    const run = await runTools(client, { model: 'fake-small', messages: [user], tools })
    expect(run.stopped).toBe('pending')
    expect(approve).toHaveBeenCalledExactlyOnceWith(
      { path: 'notes' },
      expect.objectContaining({ step: 1 }),
      expect.objectContaining({ name: 'files.read', annotations: { readOnlyHint: true } }),
    )
    expect(server.called).toEqual([])
  })

  it('tells the server to end a call when the run is aborted', async () => {
    const controller = new AbortController()
    const { client } = scripted([{ calls: [{ name: 'wait' }] }])
    const run = runTools(
      client,
      { model: 'fake-small', messages: [user], tools: await mcpTools(server.client) },
      { signal: controller.signal },
    )
    await vi.waitFor(() => expect(server.called).toEqual(['wait']))
    controller.abort('left')
    expect(await failureOf(run)).toBe('left')
    await vi.waitFor(() => expect(server.aborted).toEqual(['wait']))
  })

  it('tells the server to end a call when its time is up, and tells the model', async () => {
    const { content } = await told({ name: 'wait' }, { timeout: 100 })
    expect(content).toMatch(/^Failed: /)
    await vi.waitFor(() => expect(server.aborted).toEqual(['wait']))
  })
})

describe('a server that is odd', () => {
  const described = (name: string) => ({ name, inputSchema: { type: 'object' } })
  const odd = (
    pages: readonly { tools: string[]; nextCursor?: string | null }[],
    content: object[] = [],
  ): McpClient => {
    let page = 0
    return {
      listTools: async () => {
        const { tools, nextCursor } = pages[Math.min(page++, pages.length - 1)]!
        return { tools: tools.map(described), nextCursor }
      },
      callTool: async () => ({ content }),
    }
  }

  it('lists its tools page by page', async () => {
    const tools = await mcpTools(
      odd([
        { tools: ['a', 'b'], nextCursor: '1' },
        { tools: ['c'], nextCursor: null },
      ]),
    )
    expect(tools.map(({ function: { name } }) => name)).toEqual(['a', 'b', 'c'])
  })

  it.each([
    ['the same page for ever', odd([{ tools: [], nextCursor: '1' }])],
    [
      'empty pages for ever',
      odd(Array.from({ length: 2000 }, (_, i) => ({ tools: [], nextCursor: i < 1999 ? `${i}` : null }))),
    ],
    ['too many tools', odd([{ tools: Array.from({ length: 1001 }, (_, i) => `t${i}`) }])],
    ['more tools than arguments fit into a call', odd([{ tools: Array(200_000).fill('t') }])],
  ])('lists %s: it is refused', async (_, client) => {
    expect(await failureOf(mcpTools(client))).toBeInstanceOf(LimitError)
  })

  it('describes lists and objects no further, which services refuse', async () => {
    const properties = {
      list: { type: 'array' },
      maybe: { type: ['array', 'null'] },
      pair: { type: 'array', prefixItems: [{ type: 'string' }] },
      any: { type: 'object' },
    }
    const tools = [
      {
        name: 'a',
        inputSchema: { $schema: 'x', type: 'object', properties, required: Object.keys(properties) },
      },
      { name: 'b', inputSchema: { type: 'object' } },
    ]
    const [a, b] = await mcpTools({ listTools: async () => ({ tools }), callTool: async () => ({}) })
    expect(a!.function).toEqual({
      name: 'a',
      parameters: {
        type: 'object',
        properties: {
          ...properties,
          list: { type: 'array', items: {} },
          maybe: { type: ['array', 'null'], items: {} },
        },
        required: Object.keys(properties),
      },
    })
    expect(b!.function.parameters).toEqual({ type: 'object', properties: {} })
  })

  it('leaves data within a schema alone, and takes the names of members for names', async () => {
    const data = { type: 'array', of: [{ type: 'array' }] }
    const list = { type: 'array' }
    const properties = {
      default: list,
      enum: { type: 'object', properties: { items: list }, default: data },
      one: { const: data },
      some: { enum: [data, null], examples: [data] },
      either: { anyOf: [list, { $ref: '#/$defs/examples' }] },
    }
    const inputSchema = { type: 'object', properties, $defs: { examples: list } }
    const [tool] = await mcpTools({
      listTools: async () => ({ tools: [{ name: 'a', inputSchema }] }),
      callTool: async () => ({}),
    })
    const any = { type: 'array', items: {} }
    expect(tool!.function.parameters).toEqual({
      ...inputSchema,
      properties: {
        ...properties,
        default: any,
        enum: { ...properties.enum, properties: { items: any } },
        either: { anyOf: [any, { $ref: '#/$defs/examples' }] },
      },
      $defs: { examples: any },
    })
  })

  it('has names that services do not take, or take for the same', async () => {
    const long = 'x'.repeat(100)
    const tools = await mcpTools(odd([{ tools: ['a.b', 'a/b', 'a_b', long, `${long}y`, 'größe'] }]))
    expect(tools.map(({ function: { name } }) => name)).toEqual([
      'a_b',
      'a_b_2',
      'a_b_3',
      'x'.repeat(64),
      `${'x'.repeat(60)}_2`,
      'gr__e',
    ])
  })

  it.each([
    [
      'a sound',
      { type: 'audio', data: 'AAAA', mimeType: 'audio/mpeg' },
      [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } }],
      '(input_audio follows)',
    ],
    [
      'a document',
      { type: 'resource', resource: { uri: 'file:///a.pdf', mimeType: 'application/pdf', blob: 'AAAA' } },
      [{ type: 'file', file: { filename: 'file:///a.pdf', file_data: 'data:application/pdf;base64,AAAA' } }],
      '(file follows)',
    ],
    [
      'a drawing of vectors',
      { type: 'image', data: 'AAAA', mimeType: 'image/svg+xml' },
      [],
      '(image/svg+xml of 3 bytes, which cannot be shown)',
    ],
    [
      'a sound of a kind that is inherited',
      { type: 'audio', data: 'AAAA', mimeType: 'constructor' },
      [],
      '(constructor of 3 bytes, which cannot be shown)',
    ],
    [
      'a sound of another kind',
      { type: 'audio', data: 'AAAA', mimeType: 'audio/ogg' },
      [],
      '(audio/ogg of 3 bytes, which cannot be shown)',
    ],
    [
      'bytes',
      { type: 'resource', resource: { uri: 'file:///a', blob: 'AAAA' } },
      [],
      '(application/octet-stream of 3 bytes, which cannot be shown)',
    ],
    ['a link', { type: 'resource_link', uri: 'file:///a', name: 'A' }, [], 'A: file:///a'],
    ['what is not known yet', { type: 'hologram', rays: 3 }, [], '{"type":"hologram","rays":3}'],
  ])('gives %s: it is shown, or said in words', async (_, part, parts, content) => {
    const { client, requests } = scripted([{ calls: [{ name: 'a' }] }, done])
    const tools = await mcpTools(odd([{ tools: ['a'] }], [part]))
    await runTools(client, { model: 'fake-small', messages: [user], tools })
    const [, , result, shown] = requests[1].messages
    expect(result.content).toBe(content)
    expect(shown?.content.slice(1) ?? []).toEqual(parts)
  })
})
