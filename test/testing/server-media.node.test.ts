import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, createClient, toFile } from '../../src/index.ts'
import { createFile, createSpeech, createTranscription, downloadFile } from '../../src/openai/index.ts'
import { createResponse, finalResponse, outputText, streamResponse } from '../../src/responses/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'

let server: FakeServer
let client: Client

beforeAll(async () => {
  server = await startFakeServer()
  client = createClient({ baseUrl: server.url })
})

afterAll(() => server.close())

describe('a real server of the fake model', () => {
  it('takes an upload and gives it back byte for byte', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000))
    const { id } = await createFile(client, { file: await toFile(bytes, 'a.bin'), purpose: 'user_data' })
    const response = await downloadFile(client, id)
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes)
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
  })

  it.each(['{"cut":1}', '{"reset":1}'])('breaks a download off that is not whole: %s', async fault => {
    const { id } = await createFile(client, { file: await toFile('x'.repeat(999), 'a'), purpose: 'vision' })
    const response = await downloadFile(client, id, { headers: { 'x-fake-fault': fault } })
    expect(response.headers.get('content-length')).toBe('999')
    await expect(response.arrayBuffer()).rejects.toMatchObject({ name: 'ConnectionError' })
  })

  it('speaks and hears', async () => {
    const speech = await createSpeech(client, { model: 'fake-small', input: 'Hello', voice: 'alloy' })
    const { text } = await createTranscription(client, {
      file: await toFile(speech, 'a.mp3'),
      model: 'fake-small',
    })
    expect(text).toBe('Hello')
  })

  it('goes on with a background response after a break', async () => {
    const request = { model: 'fake-small', input: 'Say hello to Ada', background: true } as const
    const options = { resumable: true, headers: { 'x-fake-fault': '{"reset":6}' } }
    const response = await finalResponse(streamResponse(client, request, options))
    const { background: _, ...plain } = request
    expect(outputText(response)).toBe(outputText(await createResponse(client, plain)))
  })
})
