// Makes the service's request of the page's. Members that are not named here are not the page's to choose: they cost money.

/** The body for the service. */
export function requestOf(asked, { baseUrl, models, maxTokens }) {
  const { messages, tools, tool_choice, response_format, temperature, stream_options } = asked
  // A name that is not on the list is answered by the first that is. Without a list there is no key, and nothing is spent.
  const model = models.includes(asked.model) ? asked.model : (models[0] ?? asked.model)
  const wanted = Number.isInteger(asked.max_tokens) && asked.max_tokens > 0 ? asked.max_tokens : maxTokens
  // OpenAI's newer models refuse the older name; other services know no other.
  const limit = /^https:\/\/api\.openai\.com\//.test(baseUrl) ? 'max_completion_tokens' : 'max_tokens'
  return {
    model,
    messages,
    tools,
    tool_choice,
    response_format,
    temperature,
    stream_options,
    [limit]: Math.min(wanted, maxTokens),
  }
}

/** The header that tells a fake model what to do wrong, where the page has chosen a fault that the settings know. */
export function faultFor({ headers }, { faults }) {
  const id = headers.get('x-playground-fault')
  const attempts = Object.hasOwn(faults, id) ? faults[id].attempts : []
  const fault = attempts[headers.get('x-playground-attempt') - 1]
  return fault && { 'x-fake-fault': JSON.stringify(fault) }
}
