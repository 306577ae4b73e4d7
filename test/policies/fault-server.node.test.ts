import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  type Client,
  createChatCompletion,
  createClient,
  isLLMError,
  type LLMError,
  retry,
  streamChatCompletion,
  type TimeoutError,
  timeout,
} from '../../src/index.ts'
import { chatRequest, counted, failureOf } from '../client/harness.ts'
import { type FaultServer, faultNames, limitsFor, startFaultServer } from '../support/fault-server.ts'

const connection = 'ConnectionError, may pass'
const incomplete = 'IncompleteStreamError'
const empty = 'IncompleteStreamError, may pass'
const protocol = 'ProtocolError'
const corrupt = 'ConnectionError'
const timedOut = (phase: string) => `TimeoutError ${phase}${/headers|first/.test(phase) ? ', may pass' : ''}`

/** What a plain call ends with, what a stream does, and after how many chunks. */
const expected: { readonly [fault: string]: readonly [plain: string, stream: string, chunks?: number] } = {
  healthy: [protocol, 'complete', 2],
  resetBeforeHeaders: [connection, connection],
  resetInHeaders: [connection, connection],
  resetAfterHeaders: [connection, connection],
  resetInBody: [connection, incomplete, 1],
  resetInChunk: [connection, incomplete, 1],
  closeBeforeHeaders: [connection, connection],
  closeInHeaders: [connection, connection],
  closeAfterHeaders: [connection, connection],
  closeWithoutTerminator: [connection, incomplete, 1],
  closeAfterDone: [connection, 'complete', 2],
  unboundedWhole: [protocol, 'complete', 2],
  unboundedCut: [protocol, incomplete, 1],
  shortContentLength: [connection, 'complete', 2],
  shortContentLengthCut: [connection, incomplete, 1],
  badContentLength: [connection, connection],
  negativeContentLength: [connection, connection],
  hugeContentLength: ['LimitError', 'LimitError'],
  badChunkSize: [connection, incomplete, 1],
  gzipTruncated: [protocol, empty],
  gzipCorrupt: [corrupt, corrupt],
  gzipNot: [corrupt, corrupt],
  stallBeforeHeaders: [timedOut('headers'), timedOut('headers')],
  stallInHeaders: [timedOut('headers'), timedOut('headers')],
  stallAfterHeaders: [timedOut('idle'), timedOut('firstEvent')],
  stallInBody: [timedOut('idle'), timedOut('idle'), 1],
  heartbeats: [timedOut('total'), timedOut('firstEvent')],
  drip: [protocol, 'complete', 2],
  garbageStatusLine: [connection, connection],
  badStatus: [connection, connection],
  http09: [connection, connection],
  hugeHeader: [connection, connection],
  badHeaderName: [connection, connection],
  interim: [protocol, 'complete', 2],
  noContent: [protocol, protocol],
  notModified: [protocol, protocol],
  partial: [protocol, protocol],
  empty: ['ProtocolError, may pass', empty],
  endlessError: ['ServerError, may pass', 'ServerError, may pass'],
  html: [protocol, protocol],
  moved301: [protocol, protocol],
  found302: [protocol, protocol],
  seeOther303: [protocol, protocol],
  temporary307: [protocol, protocol],
  permanent308: [protocol, protocol],
  redirectAway: [protocol, protocol],
  redirectDown: [protocol, protocol],
  redirectLoop: [protocol, protocol],
  redirectRelative: [protocol, protocol],
  redirectNowhere: [protocol, protocol],
  redirectToFile: [protocol, protocol],
}

const KEY = 'sk-fault-Zq8vT3nW5x'

describe('a service that breaks HTTP', () => {
  let server: FaultServer
  beforeAll(async () => {
    server = await startFaultServer()
  })
  afterAll(() => server.close())

  function connect(fault: string): Client {
    return createClient({ baseUrl: server.at(fault), apiKey: KEY, policies: [timeout(limitsFor(fault))] })
  }

  /** The server sees the client go. */
  async function allGone(): Promise<void> {
    await vi.waitFor(() => expect(server.open).toBe(0), { timeout: 20_000, interval: 5 })
  }

  function outcomeOf(error: LLMError | undefined): string {
    if (!error) return 'complete'
    expect(isLLMError(error)).toBe(true)
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(KEY)
    const { phase } = error as TimeoutError
    return `${error.name}${phase ? ` ${phase}` : ''}${error.retryable ? ', may pass' : ''}`
  }

  it('has an expectation for every fault', () => {
    expect(Object.keys(expected)).toEqual(faultNames)
  })

  it.each(faultNames)('%s: a typed error, and nothing left open', async fault => {
    const client = connect(fault)
    const [plain, stream, chunks = 0] = expected[fault]!
    const { controller, listeners } = counted()
    const { signal } = controller
    const error = await createChatCompletion(client, chatRequest, { signal }).then(
      () => undefined,
      error => error,
    )
    expect(outcomeOf(error), 'plain').toBe(plain)
    await allGone()
    let received = 0
    const read = async () => {
      for await (const _ of streamChatCompletion(client, chatRequest, { signal })) received++
    }
    expect(
      [
        outcomeOf(
          await read().then(
            () => undefined,
            error => error,
          ),
        ),
        received,
      ],
      'stream',
    ).toEqual([stream, chunks])
    await allGone()
    expect([server.requests.get(fault), listeners()]).toEqual([2, 0])
  })

  it('follows no redirect', () => {
    // The two of its own test.
    expect(server.requests.get('healthy')).toBe(2)
  })

  it('keeps the system error as the code', async () => {
    const codes = { resetBeforeHeaders: 'ECONNRESET', closeBeforeHeaders: 'UND_ERR_SOCKET' } as const
    for (const [fault, code] of Object.entries(codes))
      expect((await failureOf(createChatCompletion(connect(fault), chatRequest))).code).toBe(code)
    const closed = createClient({ baseUrl: 'http://127.0.0.1:9' })
    expect((await failureOf(createChatCompletion(closed, chatRequest))).name).toBe('ConnectionError')
    const nowhere = createClient({ baseUrl: 'http://nowhere.invalid' })
    expect((await failureOf(createChatCompletion(nowhere, chatRequest))).name).toBe('ConnectionError')
  })

  it('names where a redirect leads, and no more of it', async () => {
    const errorOf = (fault: string) => failureOf(createChatCompletion(connect(fault), chatRequest))
    expect((await errorOf('redirectAway')).message).toContain('http://evil.test')
    expect((await errorOf('redirectAway')).message).not.toContain('steal')
    expect((await errorOf('redirectDown')).message).not.toContain('latest')
    expect((await errorOf('redirectToFile')).message).not.toContain('passwd')
  })

  it('sees each try of a retry, and no more', async () => {
    const before = server.requests.get('resetInHeaders')!
    const policies = [retry({ maxRetries: 3, initialDelay: 1 })]
    const client = createClient({ baseUrl: server.at('resetInHeaders'), policies })
    expect(outcomeOf(await failureOf(createChatCompletion(client, chatRequest)))).toBe(connection)
    expect(server.requests.get('resetInHeaders')! - before).toBe(4)
    await allGone()
  })

  it('sees the client go on abort, wherever it is', async () => {
    for (const fault of [
      'stallBeforeHeaders',
      'stallInHeaders',
      'stallAfterHeaders',
      'stallInBody',
    ] as const) {
      const client = createClient({ baseUrl: server.at(fault) })
      const controller = new AbortController()
      const { signal } = controller
      const before = server.requests.get(fault)!
      const plain = failureOf(createChatCompletion(client, chatRequest, { signal }))
      const stream = failureOf(async () => {
        for await (const _ of streamChatCompletion(client, chatRequest, { signal }));
      })
      await vi.waitFor(() => expect(server.requests.get(fault)).toBe(before + 2))
      controller.abort('mine')
      expect(await Promise.all([plain, stream])).toEqual(['mine', 'mine'])
      await allGone()
    }
  })
})
