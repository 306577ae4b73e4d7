import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  type ClientConfig,
  ConnectionError,
  IncompleteStreamError,
  LimitError,
  metrics,
  NotFoundError,
  ProtocolError,
  TimeoutError,
  timeout,
  toFile,
} from '../../src/index.ts'
import {
  createContainerFile,
  createFile,
  createRealtimeCall,
  createSpeech,
  createTranscription,
  deleteContainer,
  downloadFile,
  listFiles,
} from '../../src/openai/index.ts'
import { clientOf, failureOf, json } from '../client/harness.ts'
import { bodyOf } from '../responses/support.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** A client, and the form that it was given. */
function formOf(answer: unknown = {}, config: ClientConfig = {}) {
  const asked: { form?: FormData; body?: unknown; type?: string | undefined } = {}
  const client = clientOf(async (_, init) => {
    if (init.body instanceof FormData) asked.form = init.body
    else asked.body = JSON.parse(init.body as string)
    asked.type = (init.headers as Record<string, string>)['content-type']
    return json(answer)
  }, config)
  return { client, asked }
}

describe('uploads', () => {
  it('are forms, whose type the platform sets', async () => {
    const { client, asked } = formOf({ id: 'file_1', created_at: 1 })
    const file = await toFile('{}\n', 'batch.jsonl')
    const made = await createFile(client, {
      file,
      purpose: 'batch',
      expiresAfter: { anchor: 'created_at', seconds: 3600 },
    })
    expect(made.createdAt).toBe(1)
    expect(asked.type).toBeUndefined()
    expect([...asked.form!.keys()]).toEqual([
      'file',
      'purpose',
      'expires_after[anchor]',
      'expires_after[seconds]',
    ])
    expect((asked.form!.get('file') as File).name).toBe('batch.jsonl')
  })

  it('have no other type, whatever the headers of the client and the call say', async () => {
    const { client, asked } = formOf({}, { headers: { 'Content-Type': 'application/json' } })
    const headers = { 'content-type': 'multipart/form-data' }
    await createFile(client, { file: new Blob(['x']), purpose: 'batch' }, { headers })
    expect(asked.form!.get('purpose')).toBe('batch')
    expect(asked.type).toBeUndefined()
  })

  it('take blobs and bytes, and leave out what is null', async () => {
    const bytes = new Uint8Array([0, 255, 1])
    for (const file of [new Blob([bytes]), bytes, bytes.buffer, new DataView(bytes.buffer)]) {
      const { client, asked } = formOf()
      await createTranscription(client, {
        file,
        model: 'm',
        prompt: undefined,
        language: null as never,
        temperature: 0,
      })
      expect([...asked.form!.keys()]).toEqual(['file', 'model', 'temperature'])
      expect(new Uint8Array(await (asked.form!.get('file') as Blob).arrayBuffer())).toEqual(bytes)
    }
  })

  it('go as JSON where there is no file and the operation takes both', async () => {
    const { client, asked } = formOf()
    await createContainerFile(client, 'c', { fileId: 'file_1' })
    expect(asked.body).toEqual({ file_id: 'file_1' })
    await createContainerFile(client, 'c', { file: new Blob(['a']) })
    expect([...asked.form!.keys()]).toEqual(['file'])
  })

  it('carry what is JSON as its text', async () => {
    const { client, asked } = formOf()
    const session = {
      type: 'realtime',
      model: 'm',
      maxOutputTokens: 5,
      audio: { output: { voice: 'marin' } },
    } as const
    await createRealtimeCall(client, { sdp: 'v=0', session })
    expect([...asked.form!]).toEqual([
      ['sdp', 'v=0'],
      [
        'session',
        '{"type":"realtime","model":"m","max_output_tokens":5,"audio":{"output":{"voice":"marin"}}}',
      ],
    ])
  })

  it('are refused, with the place, for what no form can carry', async () => {
    const { client } = formOf()
    const promise = createFile(client, {
      file: new Blob(),
      purpose: 'batch',
      expiresAfter: { anchor: 'created_at', seconds: Number.NaN },
    })
    expect((await failureOf(promise)).issues).toEqual([
      { path: 'expires_after.seconds', message: 'must be a value of JSON' },
    ])
  })

  it('carry the options’ `extraBody`, merged last', async () => {
    const { client, asked } = formOf()
    const sound = new File(['a'], 'a.wav')
    await createFile(
      client,
      { file: new File(['x'], 'x.jsonl'), purpose: 'batch' },
      { extraBody: { purpose: 'evals', vendorTag: 1, vendor_map: { aB: [1] }, sound, none: null } },
    )
    expect(
      [...asked.form!].map(([name, value]) => [name, value instanceof File ? value.name : value]),
    ).toEqual([
      ['file', 'x.jsonl'],
      ['purpose', 'evals'],
      ['vendorTag', '1'],
      ['vendor_map[aB][]', '1'],
      ['sound', 'a.wav'],
    ])
  })

  it('carry no options of the call, which may hold a secret; a query does neither', async () => {
    let sent = 0
    const client = clientOf(async () => {
      sent++
      return json({ data: [] })
    })
    const secret = { headers: { authorization: 'Bearer secret' } }
    for (const promise of [
      createFile(client, { file: new Blob(['x']), purpose: 'batch', ...secret }),
      listFiles(client, { limit: 1, ...secret }),
    ])
      expect((await failureOf(promise)).issues).toEqual([
        { path: 'headers', message: 'belongs into the options, after the request' },
      ])
    expect(sent).toBe(0)
  })

  it('are sent as they are by every attempt', async () => {
    const { retry } = await import('../../src/index.ts')
    const names: string[][] = []
    const client = clientOf(
      async (_, init) => {
        names.push([...(init.body as FormData).keys()])
        return names.length < 3 ? json({ error: { message: 'busy' } }, { status: 503 }) : json({})
      },
      { policies: [retry({ initialDelay: 1 })] },
    )
    await createFile(client, { file: new Blob(['a']), purpose: 'batch' })
    expect(names).toEqual([
      ['file', 'purpose'],
      ['file', 'purpose'],
      ['file', 'purpose'],
    ])
  })
})

describe('transcripts', () => {
  const file = new Blob(['sound'])

  it('are texts in every format', async () => {
    const plain = clientOf(
      async () =>
        new Response('1\n00:00 --> 00:01\nHi\n', {
          headers: { 'content-type': 'text/plain; charset=utf-8' },
        }),
    )
    expect(await createTranscription(plain, { file, model: 'm', responseFormat: 'srt' })).toEqual({
      text: '1\n00:00 --> 00:01\nHi\n',
    })
    const whole = clientOf(async () => json({ text: 'Hi', usage: { type: 'tokens', total_tokens: 1 } }))
    expect(await createTranscription(whole, { file, model: 'm' })).toMatchObject({
      text: 'Hi',
      usage: { totalTokens: 1 },
    })
  })

  it('are no pages', async () => {
    const client = clientOf(async () => new Response('<html>', { headers: { 'content-type': 'text/html' } }))
    expect(await failureOf(createTranscription(client, { file, model: 'm' }))).toBeInstanceOf(ProtocolError)
  })
})

describe('downloads', () => {
  const raw = (body: BodyInit | null, headers: HeadersInit = {}) =>
    clientOf(async () => new Response(body, { headers }))
  const speech = { model: 'm', input: 'Hi', voice: 'alloy' } as const

  it('are a Response with the bytes, the status and the headers that came', async () => {
    const client = raw(new Uint8Array([1, 0, 255]), { 'content-type': 'audio/mpeg', 'x-request-id': 'req_1' })
    const { data, requestId } = await createSpeech(client, speech).withResponse()
    expect(new Uint8Array(await data.arrayBuffer())).toEqual(new Uint8Array([1, 0, 255]))
    expect([data.status, data.headers.get('content-type'), requestId]).toEqual([200, 'audio/mpeg', 'req_1'])
  })

  it('are refused as any answer is', async () => {
    const client = clientOf(async () => json({ error: { message: 'No such file' } }, { status: 404 }))
    expect(await failureOf(downloadFile(client, 'file_1'))).toBeInstanceOf(NotFoundError)
  })

  it('fail with a typed error when the connection breaks, and name the place', async () => {
    const response = await downloadFile(raw(bodyOf(['abc'], 'break')), 'file_1')
    const error = await failureOf(response.text())
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toContain('GET api.test/v1/files/file_1/content: ')
  })

  it('are not whole before their length', async () => {
    const short = await downloadFile(raw('abc', { 'content-length': '5' }), 'f')
    expect(await failureOf(short.text())).toBeInstanceOf(IncompleteStreamError)
    // Bytes that were decompressed on the way have another.
    const zipped = await downloadFile(raw('abc', { 'content-length': '5', 'content-encoding': 'gzip' }), 'f')
    expect(await zipped.text()).toBe('abc')
    expect(await (await downloadFile(raw(null), 'f')).text()).toBe('')
  })

  it('are bounded', async () => {
    const client = clientOf(async () => new Response(bodyOf(['abc', 'def'])), { maxResponseBytes: 5 })
    expect(await failureOf((await downloadFile(client, 'f')).text())).toBeInstanceOf(LimitError)
  })

  it('end the request when they are cancelled or aborted', async () => {
    let signal: AbortSignal | null | undefined
    const client = clientOf(async (_, init) => {
      signal = init.signal
      return new Response(bodyOf(['abc'], 'stay open'))
    })
    await (await downloadFile(client, 'f')).body!.cancel()
    expect(signal?.aborted).toBe(true)

    const controller = new AbortController()
    const reading = (await downloadFile(client, 'f', { signal: controller.signal })).text()
    controller.abort(new Error('enough'))
    expect((await failureOf(reading)).message).toBe('enough')
    expect(signal?.aborted).toBe(true)
  })

  it('reject with the reason of a signal that aborts while they begin', async () => {
    const reason = new Error('gone')
    const controller = new AbortController()
    const client = clientOf(async () => {
      controller.abort(reason)
      return new Response('abc')
    })
    const read = async () => (await downloadFile(client, 'f', controller)).text()
    expect(await failureOf(read())).toBe(reason)
  })

  it('are silent too long for the idle limit only while they are waited for', async () => {
    const client = clientOf(async () => new Response(bodyOf(['abc'], 'stay open')), {
      policies: [timeout({ idle: 30 })],
    })
    const reader = (await downloadFile(client, 'f')).body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('abc')
    // Whoever takes the time is the reader.
    await new Promise(resolve => setTimeout(resolve, 60))
    expect(await failureOf(reader.read())).toBeInstanceOf(TimeoutError)
  })

  it('are under way for policies until their end', async () => {
    const ends: unknown[] = []
    const observed = metrics({ sink: report => ends.push(report) })
    const client = clientOf(async () => new Response('abc'), { policies: [observed] })
    const response = await downloadFile(client, 'f')
    expect(ends).toHaveLength(0)
    await response.text()
    expect(ends).toHaveLength(1)
  })
})

describe('answers that promise nothing', () => {
  it('are read and dropped, whatever they say', async () => {
    for (const body of [null, '', '{"id":"c","deleted":true}', 'OK'])
      expect(
        await deleteContainer(
          clientOf(async () => new Response(body)),
          'c',
        ),
      ).toBeUndefined()
  })

  it('are errors where they say so', async () => {
    expect(
      (
        await failureOf(
          deleteContainer(
            clientOf(async () => json({ error: { message: 'Locked', code: 'conflict' } })),
            'c',
          ),
        )
      ).message,
    ).toContain('Locked')
  })
})
