/** What every client is asked to send: the same words, and for tools the same function. */
export const model = 'bench'
export const prompt = 'Hello'
export const messages = [{ role: 'user', content: prompt }]

export const toolName = 'lookup'
export const toolDescription = 'Looks a word up'
export const toolParameters = {
  type: 'object',
  properties: { word: { type: 'string' }, count: { type: 'number' } },
}
export const tools = [
  {
    type: 'function',
    function: { name: toolName, description: toolDescription, parameters: toolParameters },
  },
]

/** Tool calls in one form, so that clients which parse the arguments compare with those that do not. */
export function plainCalls(calls) {
  return calls.map(({ name, input }) => ({
    name,
    input: typeof input === 'string' ? JSON.parse(input || '{}') : input,
  }))
}

/** What of a request goes into the programs that are bundled. */
export const requestSource = "{ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }"
