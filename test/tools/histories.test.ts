import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isLLMError,
  type Message,
  type RunToolsOptions,
  runTools,
  type Schema,
  streamTools,
  type Tool,
  type ToolRun,
  tool,
  toolContent,
} from '../../src/index.ts'
import { settle } from '../client/harness.ts'
import { type Scripted, scripted, unanswered } from './scripted.ts'

/** What a scripted call does. The name of its tool says it. */
const BEHAVIOURS = [
  'works',
  'throws',
  'waits',
  'refused',
  'manual',
  'picture',
  'bad_json',
  'bad_input',
  'unknown',
] as const
type Behaviour = (typeof BEHAVIOURS)[number]

const Input: Schema<{ ok: true }> = {
  '~standard': {
    validate: value =>
      Object(value).ok === true
        ? { value: { ok: true } }
        : { issues: [{ path: ['ok'], message: 'must be true' }] },
    jsonSchema: { input: () => ({ type: 'object', properties: { ok: { type: 'boolean' } } }) },
  },
}

/** Tools that behave as they are called; those that are `good` do what they are for. */
function toolsFor(isGood: boolean, began: (id: string) => void): Tool[] {
  const make = (name: Behaviour, execute?: (signal: AbortSignal) => unknown) =>
    tool({
      name,
      input: Input,
      approve: () => isGood || name !== 'refused',
      ...(execute && {
        execute(_, { call, signal }) {
          began(call.id)
          return isGood ? 'good' : execute(signal)
        },
      }),
    })
  return [
    make('works', () => ({ worked: true })),
    make('throws', () => {
      throw new Error('broken')
    }),
    make('waits', async () => settle(30)),
    make('refused', () => 'never'),
    make('manual'),
    make('picture', () => toolContent([{ type: 'image_url', imageUrl: { url: 'data:,' } }])),
    make('bad_json', () => 'never'),
    make('bad_input', () => 'never'),
  ]
}

const call = fc.constantFrom(...BEHAVIOURS).map(name => ({
  name,
  args: name === 'bad_json' ? '{"ok": tr' : name === 'bad_input' ? { ok: 'no' } : { ok: true },
}))
const answer: fc.Arbitrary<Scripted> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ calls: fc.array(call, { minLength: 1, maxLength: 4 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      calls: fc.array(call, { minLength: 1, maxLength: 3 }),
      finish: fc.constantFrom('length', 'content_filter', 'stop', null),
    }),
  },
  { weight: 1, arbitrary: fc.record({ content: fc.constant('Done.') }) },
  { weight: 1, arbitrary: fc.record({ status: fc.constantFrom(400, 429, 500) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      calls: fc.array(call, { minLength: 1, maxLength: 3 }),
      cut: fc.integer({ min: 1, max: 6 }),
    }),
  },
)

const scenario = fc.record({
  answers: fc.array(answer, { minLength: 1, maxLength: 5 }),
  isStream: fc.boolean(),
  options: fc.record({
    maxSteps: fc.integer({ min: 1, max: 6 }),
    parallel: fc.constantFrom(1, 2, Infinity),
    maxInvalid: fc.integer({ min: 1, max: 3 }),
  }),
  /** How many tools have begun, or answers come, when the run is aborted. */
  abortAt: fc.option(fc.integer({ min: 0, max: 8 })),
})

const user: Message = { role: 'user', content: 'Do it.' }
const wire = (messages: readonly Message[]) =>
  JSON.parse(
    JSON.stringify(messages)
      .replaceAll('"toolCalls"', '"tool_calls"')
      .replaceAll('"toolCallId"', '"tool_call_id"'),
  )

async function lastOf(
  client: ReturnType<typeof scripted>['client'],
  request: Parameters<typeof runTools>[1],
  options: RunToolsOptions,
) {
  let run: ToolRun | undefined
  for await (const event of streamTools(client, request, options)) if (event.type === 'end') run = event.run
  return run!
}

describe('whatever happens in a run', () => {
  it('its history answers every call but those that it says are pending, and can be gone on with', async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(scenario, async ({ answers, isStream, options, abortAt }) => {
        const controller = new AbortController()
        const begun: string[] = []
        let left = abortAt ?? Infinity
        const tick = () => {
          if (left-- <= 0) controller.abort('left')
        }
        let history: readonly Message[] = [user]
        const script = (_: unknown, index: number): Scripted => {
          tick()
          return answers[index] ?? { content: 'Done.' }
        }
        const { client } = scripted(script)
        const tools = toolsFor(false, id => {
          begun.push(id)
          tick()
        })
        const request = { model: 'fake-small', messages: [user], tools }
        const runOptions: RunToolsOptions = {
          ...options,
          signal: controller.signal,
          onStep(_, messages) {
            history = messages
          },
        }
        let pending: readonly string[] = []
        try {
          const run = await (isStream ? lastOf : runTools)(client, request, runOptions)
          seen.add(run.stopped)
          history = run.messages
          pending = run.pending.map(({ id }) => id)
          expect(run.stopped).not.toBe('error')
          expect(pending.length > 0).toBe(unanswered(wire(history)).length > 0)
        } catch (error) {
          if (error === 'left') {
            // What had been told of may end with calls that were pending, if the abort came right behind.
            seen.add('abort')
            pending = unanswered(wire(history))
          } else {
            expect(isLLMError(error) && error.name !== 'ValidationError' ? '' : `${error}`).toMatch(
              /^$|400 The script/,
            )
            seen.add('error')
            history = (error as { partial: ToolRun }).partial.messages
          }
        }
        expect(unanswered(wire(history))).toEqual(pending)
        expect(new Set(begun).size).toBe(begun.length)

        // As after a night: the history is JSON, every tool works, and the caller answers what is the caller's.
        const kept: Message[] = JSON.parse(JSON.stringify(history))
        const again: string[] = []
        const good = toolsFor(true, id => again.push(id))
        const { client: later } = scripted(() => ({ content: 'Done.' }))
        let run = await runTools(later, { ...request, messages: kept, tools: good })
        if (run.stopped === 'pending') {
          expect(run.pending.every(({ function: { name } }) => name === 'manual')).toBe(true)
          for (const { id } of run.pending)
            run.messages.push({ role: 'tool', toolCallId: id, content: 'by hand' })
          run = await runTools(later, { ...request, messages: run.messages, tools: good })
        }
        expect(run.stopped).toBe('answer')
        expect(unanswered(wire(run.messages))).toEqual([])
        // No call runs twice that has been answered.
        for (const id of again) expect(pending).toContain(id)
      }),
      { numRuns: 600 },
    )
    // The scripts have been through everything.
    expect([...seen].sort()).toEqual([
      'abort',
      'answer',
      'error',
      'filter',
      'invalid',
      'length',
      'pending',
      'steps',
    ])
  })
})
