const call = (given, name = 'get_weather') => ({ name, arguments: given })
const asks = (...toolCalls) => ({ toolCalls })
const rome = call({ city: 'Rome' })

/**
 * Each case: what the model says in turn, what goes wrong with its streams, and what the tool does. The last reply is said again
 * and again.
 */
export const cases = [
  { title: 'nothing wrong', reply: [asks(rome), 'Sunny.'] },
  { title: 'arguments against the schema', reply: [asks(call({ city: 7 })), 'Sunny.'] },
  { title: 'arguments that are no JSON', reply: [asks(call('{"city": "Ro')), 'Sunny.'] },
  { title: 'a bad call beside a good one', reply: [asks(call({ city: 7 }), rome), 'Sunny.'] },
  { title: 'a tool that throws', reply: [asks(rome), 'Sunny.'], tool: 'throws' },
  { title: 'a tool that is not there', reply: [asks(call({}, 'get_moon')), 'Sunny.'] },
  { title: 'abort while a tool runs', reply: [asks(rome), 'Sunny.'], tool: 'aborts' },
  { title: 'stream cut in a text', reply: 'It is sunny in Rome today.', faults: [{ cut: 4 }] },
  { title: 'stream cut in arguments', reply: [asks(rome), 'Sunny.'], faults: [{ cut: 3 }] },
  { title: 'the third and last step asks again', reply: asks(rome), maxSteps: 3 },
  { title: '`length` with a call', reply: [{ ...asks(rome), finishReason: 'length' }, 'Sunny.'] },
].map(each => ({ maxSteps: 5, ...each }))
