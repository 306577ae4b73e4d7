import {
  isObject,
  isText,
  listOf,
  model,
  numberFrom,
  objectOf,
  optional,
  type Rules,
  text,
  where,
  wholeFrom,
} from './rules.ts'

const content = /* @__PURE__ */ optional(
  /* @__PURE__ */ where(
    value => isText(value) || (Array.isArray(value) && value.every(isObject)),
    'must be a text or a list of parts',
  ),
)

const typed = /* @__PURE__ */ objectOf({ type: /* @__PURE__ */ where(isText, 'must be a text') })

const choice = /* @__PURE__ */ where(value => isText(value) || isObject(value), 'must be a text or an object')

/**
 * The rules for a chat request, in camelCase, with the bounds that the API reference has. Parameters, roles and parts that they do
 * not know pass: services have more than are listed here.
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
export const chatRules: Rules = /* @__PURE__ */ (() => ({
  model,
  messages: listOf(objectOf({ role: text, content }), 1),
  temperature: optional(numberFrom(0, 2)),
  maxTokens: optional(wholeFrom(1)),
  maxCompletionTokens: optional(wholeFrom(1)),
  topP: optional(numberFrom(0, 1)),
  n: optional(wholeFrom(1, 128)),
  stop: optional(
    where(
      value => isText(value) || (Array.isArray(value) && value.length < 5 && value.every(isText)),
      'must be a text or a list of at most four texts',
    ),
  ),
  presencePenalty: optional(numberFrom(-2, 2)),
  frequencyPenalty: optional(numberFrom(-2, 2)),
  seed: optional(where(Number.isSafeInteger, 'must be a whole number')),
  topLogprobs: optional(wholeFrom(0)),
  stream: optional(where(value => typeof value === 'boolean', 'must be true or false')),
  tools: optional(listOf(typed)),
  toolChoice: optional(choice),
  responseFormat: optional(typed),
}))()
