import { equal, model, ok, read, rejection } from './tools.mjs'

const request = { model, input: 'Why is the sky over Zürich blue? 🌍' }

/** Every byte, many times: what a text would not survive. */
const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7) % 256)

async function upload({ api, client }) {
  const { createFile } = api.openai
  return createFile(client, { file: await api.toFile(bytes, 'größe.jsonl'), purpose: 'batch' })
}

/** What `llmfetch/openai` and `llmfetch/responses` do: `api` has them as `openai` and `responses`. */
export const wholeApi = {
  async 'an upload, listed and deleted'({ api, service, isPage }) {
    const { client, seen } = service()
    const { deleteFile, listFiles, retrieveFile } = api.openai
    const { id, bytes: length, filename } = await upload({ api, client })
    equal([length, filename], [bytes.length, 'größe.jsonl'])
    const found = await read(api.paginate(after => listFiles(client, { after, limit: 2 })))
    ok(
      found.some(file => file.id === id),
      'the file is listed',
    )
    equal((await deleteFile(client, id)).deleted, true)
    equal((await rejection(retrieveFile(client, id), api.NotFoundError)).status, 404)
    const { requests, preflights } = await seen()
    const type = requests[0].headers['content-type']
    ok(/^multipart\/form-data; boundary=\S+$/.test(type), `${type} is the platform's own`)
    equal(preflights.length > 0, isPage, 'preflights')
  },

  async 'a download, byte for byte'({ api, service }) {
    const { client } = service()
    const { id } = await upload({ api, client })
    const response = await api.openai.downloadFile(client, id)
    const got = new Uint8Array(await response.arrayBuffer())
    equal(got.length, bytes.length, 'its length')
    equal(
      got.findIndex((byte, index) => byte !== bytes[index]),
      -1,
      'the first byte that differs',
    )
  },

  async 'a download whose connection breaks'({ api, service }) {
    const { client } = service({}, { reset: 1 })
    const { id } = await upload({ api, client })
    const download = async () => (await api.openai.downloadFile(client, id)).arrayBuffer()
    const error = await rejection(download(), api.LLMError)
    ok(['ConnectionError', 'IncompleteStreamError'].includes(error.name), `${error.name} says that it broke`)
    return error.name
  },

  async 'a response, streamed'({ api, service }) {
    const { createResponse, finalResponse, outputText, streamResponse } = api.responses
    const { client } = service()
    const whole = await createResponse(client, request)
    const events = await read(streamResponse(client, request))
    const text = events
      .map(({ type, delta }) => (type === 'response.output_text.delta' ? delta : ''))
      .join('')
    equal(text, outputText(whole), 'the streamed text')
    equal(events.at(-1).type, 'response.completed')
    equal(await finalResponse(streamResponse(client, request)), whole, 'the folded response')
  },

  async 'a response whose stream breaks, and goes on'({ api, service }) {
    const { finalResponse, outputText, streamResponse } = api.responses
    // Slow: Chromium may drop what it has not handed out when a connection breaks. The one model has the response, so it goes on there.
    const slow = true
    const { client, seen } = service({ slow, reset: 6 }, { slow }, { cut: 4 })
    const asked = { ...request, background: true }
    const whole = await finalResponse(streamResponse(client, asked, { resumable: true }))
    equal((await seen()).requests.length, 2, 'requests')
    const error = await rejection(finalResponse(streamResponse(client, asked)), api.IncompleteStreamError)
    equal([whole.status, error.resumeAfter], ['completed', 3])
    ok(outputText(whole).includes('Zürich blue? 🌍'), 'the answer repeats the question')
  },
}
