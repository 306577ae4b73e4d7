import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { root } from '../package/built.ts'

const file = join(root, 'test/types/editor.ts')

const around = `
import { type ChatCompletion, type ChatCompletionChunk, type Client, chat, createChatCompletion, createEmbedding, isLLMError } from '../../src/index.ts'
declare const client: Client
declare const completion: ChatCompletion
declare const chunk: ChatCompletionChunk
const messages = [{ role: 'user' as const, content: 'Hi' }]
`

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  types: [],
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
}

let version = 0
let code = ''
const service = ts.createLanguageService({
  getCompilationSettings: () => options,
  getScriptFileNames: () => [file],
  getScriptVersion: name => (name === file ? `${version}` : '0'),
  getScriptSnapshot(name) {
    const content = name === file ? code : ts.sys.readFile(name)
    return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content)
  },
  getCurrentDirectory: () => root,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: name => name === file || ts.sys.fileExists(name),
  readFile: ts.sys.readFile,
  directoryExists: ts.sys.directoryExists,
  getDirectories: ts.sys.getDirectories,
})

function write(statement: string): void {
  code = around + statement
  version++
}

/** What the compiler says of a statement, as a user reads it. */
function errorOf(statement: string): string {
  write(statement)
  return [...service.getSyntacticDiagnostics(file), ...service.getSemanticDiagnostics(file)]
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
    .join('\n')
}

/** What an editor offers at `|` in a statement. */
function offered(statement: string): readonly string[] {
  write(statement.replace('|', ''))
  const position = around.length + statement.indexOf('|')
  return service.getCompletionsAtPosition(file, position, {})?.entries.map(({ name }) => name) ?? []
}

/** What an editor shows of a name, documentation included. */
function hover(statement: string): string {
  write(statement.replace('|', ''))
  const info = service.getQuickInfoAtPosition(file, around.length + statement.indexOf('|'))
  return ts.displayPartsToString(info?.documentation)
}

const ask = (members: string) => `createChatCompletion(client, { model: 'm', messages, ${members} })`
const say = (content: string) =>
  `createChatCompletion(client, { model: 'm', messages: [{ role: 'user', content: [${content}] }] })`

describe('the compiler', () => {
  it.each([
    [ask('maxToken: 5'), "Did you mean to write 'maxTokens'?"],
    [ask('system: ""'), "'system' does not exist"],
    [ask('max_tokens: "five"'), "Type 'string' is not assignable to type 'number'"],
    ["createEmbedding(client, { model: 'm', input: 'x', dimension: 5 })", "'dimensions'"],
    ["chat(client).set({ model: 'm', maxToken: 5 })", "not assignable to type 'never'"],
    [say("{ type: 'image_url', imageURL: { url: '' } }"), "Did you mean to write 'imageUrl'?"],
    [say("{ type: 'image_url', imageUrl: 'data:' }"), "Type 'string' is not assignable to type 'ImageURL'"],
    [ask("responseFormat: { type: 'json_schema', schema: {} }"), "is not assignable to type 'undefined'"],
    ["if (completion.choices[0].finishReason === 'tool_call') {}", "'FinishReason | null' and"],
  ])('says of %s', (statement, text) => {
    expect(errorOf(statement)).toContain(text)
  })

  it.each([
    "if (completion.choices[0].finish_reason === 'length') {}",
    'const total: number = completion.usage!.total_tokens',
    'const more = completion.usage!.total_tokens + 1',
    'const count = completion.choices[0].message.tool_calls?.length',
    'for (const call of completion.choices[0].message.tool_calls ?? []) {}',
    "const thought: string = chunk.choices[0]?.delta.reasoning_content ?? ''",
  ])('says that answers are in camelCase: %s', statement => {
    expect(errorOf(statement)).toContain('AnswersAreInCamelCase')
  })
})

describe('an editor', () => {
  it.each([
    [say("{ type: '|' }"), ['text', 'image_url', 'input_audio', 'file']],
    [ask("responseFormat: { type: '|' }"), ['json_schema', 'json_object', 'text']],
    [ask("toolChoice: { type: '|' }"), ['function', 'allowed_tools', 'custom']],
    [ask("toolChoice: '|'"), ['auto', 'none', 'required']],
    [ask("reasoningEffort: '|'"), ['low', 'medium', 'high']],
    [
      "if (completion.choices[0].finishReason === '|') {}",
      ['stop', 'length', 'tool_calls', 'content_filter'],
    ],
    ['completion.choices[0].message.|', ['content', 'toolCalls', 'reasoning', 'reasoningContent']],
    ['try {} catch (error) { if (isLLMError(error)) error.partial?.| }', ['choices', 'usage', 'messages']],
    ['chat(client).set({ | })', ['maxTokens', 'temperature']],
  ])('completes %s', (statement, names) => {
    expect(offered(statement)).toEqual(expect.arrayContaining(names))
  })

  it.each(['signal', 'timeout', 'headers', 'maxRetries', 'idempotencyKey', 'extraBody'])(
    'tells where an option goes: %s',
    name => {
      expect(hover(ask(`|${name}: undefined`))).toContain('Goes after the request')
    },
  )
})
