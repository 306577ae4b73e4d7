import { describe, expect, it } from 'vitest'
import { APIError, AuthenticationError, NotFoundError, ProtocolError, ServerError } from '../../src/index.ts'
import {
  cancelResponse,
  createResponse,
  deleteResponse,
  finalResponse,
  getResponse,
  type InputItem,
  outputText,
  resumeResponse,
  toInputItems,
} from '../../src/responses/index.ts'
import { clientOf, failureOf, json } from '../client/harness.ts'
import { helloEvents, message, scripted, sseOf, streamOf, wireResponse } from './support.ts'

describe('createResponse', () => {
  it('sends the request and gives the response, maps of the user as they are', async () => {
    let body: unknown
    const client = clientOf(async (_, init) => {
      body = JSON.parse(init.body as string)
      return json(wireResponse('completed', [message('Hi')]))
    })
    const response = await createResponse(client, {
      model: 'fake-small',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
      maxOutputTokens: 5,
      metadata: { user_id: 'a', userId: 'b' },
      prompt: { id: 'p', variables: { first_name: 'Ada', lastName: 'L' } },
      tools: [
        { type: 'function', name: 'f', strict: true, parameters: { type: 'object', properties: { aB: {} } } },
      ],
      text: { format: { type: 'json_schema', name: 's', schema: { properties: { cD: {} } } } },
    })
    expect(body).toEqual({
      model: 'fake-small',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
      max_output_tokens: 5,
      metadata: { user_id: 'a', userId: 'b' },
      prompt: { id: 'p', variables: { first_name: 'Ada', lastName: 'L' } },
      tools: [
        { type: 'function', name: 'f', strict: true, parameters: { type: 'object', properties: { aB: {} } } },
      ],
      text: { format: { type: 'json_schema', name: 's', schema: { properties: { cD: {} } } } },
    })
    expect(outputText(response)).toBe('Hi')
    expect(response.createdAt).toBe(1)
  })

  it('throws for a response that failed, and gives it along', async () => {
    const failed = wireResponse('failed', [message('Hal')], {
      error: { code: 'server_error', message: 'It broke' },
    })
    const error = await failureOf(
      createResponse(scripted([() => json(failed)]).client, { model: 'm', input: 'Hi' }),
    )
    expect(error).toBeInstanceOf(ServerError)
    expect(error).toMatchObject({
      code: 'server_error',
      partial: { status: 'failed', output: [{ id: 'msg_1' }] },
    })
  })

  it('throws for an error with status 200, and for what is no response', async () => {
    const answers = [
      () => json({ error: { message: 'Bad key', code: 'invalid_api_key' } }),
      () => json({ id: 'x' }),
    ]
    const { client } = scripted(answers)
    const error = await failureOf(createResponse(client, { model: 'm', input: 'Hi' }))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.partial).toBeUndefined()
    expect(await failureOf(createResponse(client, { model: 'm', input: 'Hi' }))).toBeInstanceOf(ProtocolError)
  })
})

describe('getResponse', () => {
  it('gives a response that failed as it is', async () => {
    const failed = wireResponse('failed', [], { error: { code: 'server_error', message: 'It broke' } })
    const { client, asked } = scripted([() => json(failed)])
    const response = await getResponse(client, 'resp_1', { include: ['reasoning.encrypted_content'] })
    expect([response.status, response.error?.code]).toEqual(['failed', 'server_error'])
    expect(asked).toEqual(['GET /responses/resp_1?include%5B%5D=reasoning.encrypted_content'])
  })

  it('rejects where there is none, and for what is no id', async () => {
    const missing = () => json({ error: { message: 'Nothing here' } }, { status: 404 })
    const { client } = scripted([missing])
    expect(await failureOf(getResponse(client, 'resp_0'))).toBeInstanceOf(NotFoundError)
    expect((await failureOf(getResponse(client, ''))).issues[0].path).toBe('responseId')
  })
})

describe('cancelResponse and deleteResponse', () => {
  it('give what is left: a response, or nothing', async () => {
    const { client, asked } = scripted([
      () => json(wireResponse('cancelled')),
      () => json({ id: 'resp_1', deleted: true }),
    ])
    expect((await cancelResponse(client, 'resp_1')).status).toBe('cancelled')
    expect(await deleteResponse(client, 'resp_1')).toBeUndefined()
    expect(asked).toEqual(['POST /responses/resp_1/cancel', 'DELETE /responses/resp_1'])
  })

  it('throw an error that came with status 200', async () => {
    const { client } = scripted([() => json({ error: { message: 'Not now', code: 'server_error' } })])
    expect(await failureOf(deleteResponse(client, 'resp_1'))).toBeInstanceOf(APIError)
  })
})

describe('resumeResponse', () => {
  it('asks for the events after one, or for all', async () => {
    const { client, asked } = scripted([
      () => streamOf([sseOf(helloEvents.slice(6))]),
      () => streamOf([sseOf(helloEvents)]),
    ])
    expect(outputText(await finalResponse(resumeResponse(client, 'resp_1', 5)))).toBe('Hello – ä')
    await finalResponse(resumeResponse(client, 'resp_1'))
    expect(asked).toEqual([
      'GET /responses/resp_1?stream=true&starting_after=5',
      'GET /responses/resp_1?stream=true',
    ])
  })

  it('goes on by itself where it may, also before the first event', async () => {
    const { client, asked } = scripted([
      () => streamOf([sseOf(helloEvents.slice(6, 7))], 'break'),
      () => streamOf([sseOf(helloEvents.slice(7))]),
    ])
    const response = await finalResponse(resumeResponse(client, 'resp_1', 5, { resumable: true }))
    expect(response.status).toBe('completed')
    expect(asked[1]).toBe('GET /responses/resp_1?stream=true&starting_after=6')
  })
})

describe('toInputItems', () => {
  const reasoning = { id: 'rs_1', type: 'reasoning', summary: [] }
  const sent = async (items: readonly InputItem[]): Promise<unknown> => {
    let body: { input?: unknown } = {}
    const client = clientOf(async (_, init) => {
      body = JSON.parse(init.body as string)
      return json(wireResponse('completed'))
    })
    await createResponse(client, { model: 'm', input: items })
    return body.input
  }

  it('sends items back as the service sent them', async () => {
    const call = {
      id: 'fc_1',
      type: 'function_call',
      call_id: 'c',
      name: 'f',
      arguments: '{"a_b":1}',
      vendorKey: 1,
      some_own: { b_c: 2 },
    }
    const { client } = scripted([() => json(wireResponse('completed', [reasoning, call, message('Hi')]))])
    const response = await createResponse(client, { model: 'm', input: 'Hi' })
    const output: InputItem = { type: 'function_call_output', callId: 'c', output: '42' }
    expect(await sent([...toInputItems(response), output])).toEqual([
      reasoning,
      call,
      message('Hi'),
      { type: 'function_call_output', call_id: 'c', output: '42' },
    ])
  })

  it('leaves thoughts out that the service cannot find again', async () => {
    const kept = { ...reasoning, id: 'rs_2', encrypted_content: 'x' }
    const answer = (store: boolean) => () =>
      json(wireResponse('completed', [reasoning, kept, message('Hi')], { store }))
    const { client } = scripted([answer(false), answer(true)])
    const ids = async () =>
      toInputItems(await createResponse(client, { model: 'm', input: 'Hi' })).map(
        item => (item as { id?: string }).id,
      )
    expect(await ids()).toEqual(['rs_2', 'msg_1'])
    expect(await ids()).toEqual(['rs_1', 'rs_2', 'msg_1'])
  })
})

describe('outputText', () => {
  it('joins the texts of all messages, and is empty without one', () => {
    const part = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] }) as const
    const messages = [[part('a'), { type: 'refusal', refusal: 'no' } as const], [part('b')]].map(content => {
      return { id: 'm', type: 'message', role: 'assistant', status: 'completed', content } as const
    })
    expect(outputText({ output: [...messages] })).toBe('ab')
    expect(outputText({ output: [] })).toBe('')
    const [silent] = [{ ...messages[0]!, content: [{ ...part('a'), text: undefined as never }] }]
    expect(outputText({ output: [silent, ...messages] })).toBe('ab')
  })
})
