// Every client is asked to send the same words, and for tools the same function.

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

/** The request in the programs that are bundled. */
export const requestSource = "{ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }"
