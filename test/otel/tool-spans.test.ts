import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TimeoutError } from '../../src/index.ts'
import { type TracerLike, toolSpans } from '../../src/otel/index.ts'
import { failureOf } from '../client/harness.ts'
import { expectConventional, type Recording, recording } from './recording.ts'

const call = { id: 'call_1', function: { name: 'weather', arguments: '{"city":"Marrakesh"}' } }

let kept: Recording
beforeEach(() => {
  kept = recording()
})
afterEach(() => expectConventional(kept))

describe('toolSpans', () => {
  it('gives what the tool gives, and tells of it without a word of it', async () => {
    expect(await toolSpans(kept)(call, async () => 'hot in Marrakesh')).toBe('hot in Marrakesh')
    expect(kept.spans[0]).toMatchObject({
      name: 'execute_tool weather',
      kind: 0,
      status: undefined,
      ends: 1,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'weather',
        'gen_ai.tool.type': 'function',
        'gen_ai.tool.call.id': 'call_1',
      },
    })
    expect(kept.measures).toMatchObject([
      { name: 'gen_ai.execute_tool.duration', attributes: { 'gen_ai.tool.name': 'weather' } },
    ])
    expect(JSON.stringify(kept)).not.toContain('Marrakesh')
  })

  it.each([
    [new TimeoutError('It took over 5 ms in Marrakesh', { phase: 'total' }), 'TimeoutError'],
    [new TypeError('no Marrakesh'), 'TypeError'],
    [{ name: 'Marrakesh is no class' }, 'Error'],
    [undefined, 'Error'],
  ])('throws what the tool throws, and names its class: %s', async (error, name) => {
    const work = () => Promise.reject(error)
    expect(await failureOf(toolSpans(kept)(call, work))).toBe(error)
    expect(kept.spans[0]).toMatchObject({ status: 2, ends: 1, attributes: { 'error.type': name } })
    expect(kept.measures).toMatchObject([{ attributes: { 'error.type': name } }])
    expect(JSON.stringify(kept)).not.toContain('Marrakesh')
  })

  it('is the parent of what the tool does', async () => {
    const around = toolSpans(kept)
    await around(call, () => around({ ...call, id: 'call_2' }, async () => 1))
    expect(kept.spans[1]!.parent).toBe(kept.spans[0])
  })

  it('records what was given and what came of it where that is asked for', async () => {
    const content = { maxChars: 12, redact: (text: string) => text.replace('Marrakesh', '…') }
    await toolSpans({ ...kept, content })(call, async () => ({ temperature: 40 }))
    expect(kept.spans[0]!.attributes).toMatchObject({
      'gen_ai.tool.call.arguments': '{"city":"…"}',
      'gen_ai.tool.call.result': '',
    })
  })

  it('runs the tool once, whatever the tracer does', async () => {
    const fail = () => {
      throw new Error('no tracer')
    }
    const twice: TracerLike = {
      startSpan: fail,
      startActiveSpan(_name, _options, run) {
        const begin = run as (span?: unknown) => unknown
        return [begin(), begin(), fail()]
      },
    }
    for (const tracer of [{ startSpan: fail }, { startSpan: fail, startActiveSpan: fail }, twice]) {
      let runs = 0
      expect(await toolSpans({ tracer })(call, async () => ++runs)).toBe(1)
    }
  })
})
