import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const file = join(root, 'src/caller.ts')

/** A program of ten calls, as a user writes it. */
const code = `
import { createClient, paginate, toFile, verifyWebhook } from './index.ts'
import { createBatch, createEval, createFile, createImage, createSpeech, createTranscription, createVectorStore, listFiles, streamImage } from './openai/index.ts'
import { createResponse, streamResponse } from './responses/index.ts'

const client = createClient({ baseUrl: 'https://api.test/v1' })
const file = await createFile(client, { file: await toFile('{}', 'a.jsonl'), purpose: 'batch' })
const batch = await createBatch(client, { inputFileId: file.id, endpoint: '/v1/responses', completionWindow: '24h' })
for await (const each of paginate(after => listFiles(client, { after }))) console.log(each.filename)
const { data } = await createImage(client, { prompt: 'A cat' })
for await (const event of streamImage(client, { prompt: 'A cat' })) if (event.type === 'image_generation.completed') console.log(event.b64Json)
const { text } = await createTranscription(client, { file: new Blob(), model: 'whisper-1' })
const speech = await createSpeech(client, { model: 'tts-1', input: 'Hi', voice: 'alloy' })
const store = await createVectorStore(client, { name: 'n', fileIds: [file.id] })
const evaluation = await createEval(client, { dataSourceConfig: { type: 'logs' }, testingCriteria: [] })
const response = await createResponse(client, { model: 'gpt-5', input: 'Hi' })
for await (const event of streamResponse(client, { model: 'gpt-5', input: 'Hi' })) if (event.type === 'response.output_text.delta') console.log(event.delta)
const item = response.output[0]
const event = await verifyWebhook(new Request('https://me.test'), 's')
console.log(batch, data, text, speech, store, evaluation, item, event)
`

const options: ts.CompilerOptions = {
  ...ts.parseJsonConfigFileContent(
    JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')),
    ts.sys,
    root,
  ).options,
  types: [],
  noUnusedLocals: false,
}

function open(text: string): ts.LanguageService {
  return ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: name => {
      const content = name === file ? text : ts.sys.readFile(name)
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content)
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: name => name === file || ts.sys.fileExists(name),
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  })
}

const service = open(code)

function errorsOf(service: ts.LanguageService): readonly string[] {
  return service
    .getSemanticDiagnostics(file)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

/** What an editor shows of the last place where a name stands in the code. */
function hover(name: string): string {
  const info = service.getQuickInfoAtPosition(
    file,
    code.lastIndexOf(`${name}(`) < 0 ? code.lastIndexOf(name) : code.lastIndexOf(`${name}(`),
  )
  return ts.displayPartsToString(info?.displayParts).replace(/\s+/g, ' ')
}

describe('the types of ten calls', () => {
  it('check without an error, within their budget', () => {
    expect(errorsOf(service)).toEqual([])
    const program = service.getProgram()!
    const own = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(join(root, 'src/')))
    const lines = own.reduce((sum, { text }) => sum + text.split('\n').length, 0)
    // With `llmfetch/openai` and `llmfetch/responses`, whose types are most of it.
    expect(lines).toBeLessThan(27_000)
    expect(program.getTypeCount()).toBeLessThan(30_000)
    expect(program.getInstantiationCount()).toBeLessThan(120_000)
  })

  it('read well where an editor shows them', () => {
    const names = [
      'createFile',
      'createBatch',
      'listFiles',
      'createImage',
      'streamImage',
      'createTranscription',
      'createSpeech',
      'createVectorStore',
      'createResponse',
      'streamResponse',
      'verifyWebhook',
      'item',
    ]
    expect(names.map(hover)).toMatchInlineSnapshot(`
      [
        "(alias) createFile(client: Client, request: CreateFileRequest, options?: CallOptions): ResultPromise<OpenAIFile> import createFile",
        "(alias) createBatch(client: Client, request: CreateBatchRequest, options?: CallOptions): ResultPromise<Batch> import createBatch",
        "(alias) listFiles(client: Client, request?: ListFilesQuery, options?: CallOptions): ResultPromise<ListFilesResponse> import listFiles",
        "(alias) createImage(client: Client, request: CreateImageRequest, options?: CallOptions): ResultPromise<ImagesResponse> import createImage",
        "(alias) streamImage(client: Client, request: CreateImageRequest, options?: CallOptions): EventStream<ImageGenStreamEvent> import streamImage",
        "(alias) createTranscription(client: Client, request: CreateTranscriptionRequest, options?: CallOptions): ResultPromise<CreateTranscriptionResponseJson | CreateTranscriptionResponseDiarizedJson | CreateTranscriptionResponseVerboseJson> import createTranscription",
        "(alias) createSpeech(client: Client, request: CreateSpeechRequest, options?: CallOptions): ResultPromise<Response> import createSpeech",
        "(alias) createVectorStore(client: Client, request: CreateVectorStoreRequest, options?: CallOptions): ResultPromise<VectorStoreObject> import createVectorStore",
        "(alias) createResponse(client: Client, request: CreateResponse, options?: CallOptions): ResultPromise<ModelResponse> import createResponse",
        "(alias) streamResponse(client: Client, request: CreateResponse, options?: ResponseStreamOptions): EventStream<ResponseEvent> import streamResponse",
        "(alias) verifyWebhook(request: Request | WebhookRequest, secret: string | readonly string[], { tolerance }?: { readonly tolerance?: number | undefined; }): Promise<WebhookEvent> import verifyWebhook",
        "const item: OutputItem | undefined",
      ]
    `)
  })
})

describe('what does not fit', () => {
  const check = (call: string) =>
    errorsOf(
      open(
        code.replace(
          "const batch = await createBatch(client, { inputFileId: file.id, endpoint: '/v1/responses', completionWindow: '24h' })",
          `const batch = await createBatch(client, ${call})`,
        ),
      ),
    )

  it('is told by name: a misspelt parameter, a missing one, and one of the call’s options', () => {
    expect(
      check("{ inputFileID: 'f', endpoint: '/v1/responses', completionWindow: '24h' }").join(),
    ).toContain("Did you mean to write 'inputFileId'")
    expect(check("{ endpoint: '/v1/responses', completionWindow: '24h' }").join()).toContain(
      "Property 'inputFileId' is missing",
    )
    expect(
      check("{ inputFileId: 'f', endpoint: '/v1/responses', completionWindow: '24h', signal: null }").join(),
    ).toContain("'signal' does not exist")
  })

  it('is not a name of the wire, or a value that is newer than the types', () => {
    expect(
      check("{ inputFileId: 'f', endpoint: '/v1/new', completionWindow: '24h', some_new_thing: 1 }"),
    ).toEqual([])
  })
})
