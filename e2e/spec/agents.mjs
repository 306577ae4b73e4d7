import { ask, equal, fail, gone, model, ok, rejection, user } from './tools.mjs'

/** Schemas as validators make them, without one: an object with these members, all of them texts or all lists of texts. */
function schemaOf(names, isList = false) {
  const text = { type: 'string' }
  const type = isList ? { type: 'array', items: text } : text
  const properties = Object.fromEntries(names.map(name => [name, type]))
  const isGood = value => (isList ? Array.isArray(value) : typeof value === 'string')
  return {
    '~standard': {
      validate(value) {
        const bad = names.find(name => !isGood(Object(value)[name]))
        return bad ? { issues: [{ path: [bad], message: 'is missing' }] } : { value }
      },
      jsonSchema: { input: () => ({ type: 'object', properties, required: names }) },
    },
  }
}

const messages = [user('Tell me the weather and the time in Rome')]
const input = schemaOf(['city'])

/** Models that use tools, and objects that stream. */
export const agents = {
  async 'an agent with two tools at once, shown while it works'({ api, service }) {
    const { client, seen } = service()
    let running = 0
    let most = 0
    const make = (name, tell) =>
      api.tool({
        name,
        input,
        async execute({ city }) {
          most = Math.max(most, ++running)
          await new Promise(resolve => setTimeout(resolve, 20))
          running--
          return tell(city)
        },
      })
    const tools = [
      make('get_weather', city => ({ city, sky: 'clear' })),
      make('get_time', city => `It is noon in ${city}.`),
    ]
    let text = ''
    let run
    for await (const event of api.streamTools(client, { model, messages, tools }, { maxTotalTokens: 9000 })) {
      if (event.type === 'text') text += event.delta
      if (event.type === 'end') run = event.run
    }
    equal([run.stopped, run.steps.length, most], ['answer', 2, 2])
    ok(text.includes('{"city":"Rome","sky":"clear"} And: It is noon in Rome.'), 'the answer has both results')
    equal(text, run.text, 'the text that was shown')
    ok(run.usage.totalTokens > 0, 'tokens are added up')
    const sent = JSON.parse((await seen()).requests[1].body).messages
    equal(
      sent.map(({ role }) => role),
      ['user', 'assistant', 'tool', 'tool'],
    )
  },

  async 'an agent, told what is wrong with its call, and stopped at its limit'({ api, service }) {
    const { client } = service()
    const broken = api.tool({ name: 'get_weather', input, execute: () => fail('No such station') })
    const request = { model, messages, tools: [broken], toolChoice: 'required' }
    const run = await api.runTools(client, request, { maxSteps: 2 })
    equal([run.stopped, run.steps.length], ['steps', 2])
    equal(run.messages[2].content, 'Failed: No such station')
  },

  async 'an agent, aborted while a tool runs'({ api, service }) {
    const { client } = service()
    const controller = new AbortController()
    const reason = new api.LLMError('the user has left')
    let heard
    const slow = api.tool({
      name: 'get_weather',
      execute(_, { signal }) {
        signal.addEventListener('abort', () => {
          heard = signal.reason
        })
        setTimeout(() => controller.abort(reason), 10)
        return new Promise(() => {})
      },
    })
    const run = api.runTools(client, { model, messages, tools: [slow] }, { signal: controller.signal })
    ok((await rejection(run, api.LLMError)) === reason, "the run rejects with the caller's reason")
    ok(heard === reason, 'the tool has heard of it')
  },

  async 'an agent, left in the middle of its text'({ api, service }) {
    const { client, seen } = service({ stall: 4 })
    for await (const { type } of api.streamTools(client, ask('Tell me a story'))) if (type === 'text') break
    return gone(seen, Date.now())
  },

  async 'an object that streams, and is checked'({ api, service }) {
    const { client } = service()
    const stream = api.streamObject(client, ask('Plan a trip to Rome'), schemaOf(['sights'], true))
    const seen = new Set()
    for await (const { sights } of stream) seen.add(sights?.length)
    const { parsed } = await stream.completion()
    ok(seen.has(parsed.sights.length) && parsed.sights.length > 0, 'it was shown as it grew')
    const wrong = api.generateObject(client, ask('Plan a trip to Rome'), {
      '~standard': {
        ...schemaOf(['city'])['~standard'],
        validate: () => ({ issues: [{ message: 'is wrong' }] }),
      },
    })
    equal((await rejection(wrong, api.OutputError)).code, 'SCHEMA')
  },
}
