import { listOf, model, oneOf, optional, type Rules, text, where, wholeFrom } from './rules.ts'

/** The rules for an embedding request, in camelCase. Parameters that they do not know pass. */
export const embeddingRules: Rules = /* @__PURE__ */ (() => {
  const tokens = listOf(where(Number.isInteger, 'must be a token'), 1)
  const one = oneOf('must be a text that is not empty, or tokens', text, tokens)
  return {
    model,
    input: oneOf('must be a text, tokens, or a list of either, not empty', one, listOf(one, 1)),
    dimensions: optional(wholeFrom(1)),
    encodingFormat: optional(
      where(value => value === 'float' || value === 'base64', "must be 'float' or 'base64'"),
    ),
  }
})()
