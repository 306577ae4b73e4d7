import * as v from 'valibot'
import { ModelSchema, numberFrom, wholeFrom } from '../internal/rules.ts'

const ContentSchema: v.GenericSchema = /* @__PURE__ */ (() =>
  v.nullish(v.union([v.string(), v.array(v.looseObject({}))])))()

const MessageSchema: v.GenericSchema = /* @__PURE__ */ (() =>
  v.looseObject({
    role: v.pipe(v.string(), v.nonEmpty('must not be empty')),
    content: ContentSchema,
  }))()

/**
 * The rules for a chat request, in camelCase. Parameters, roles and parts that it does not know pass: services have more than
 * are listed here.
 */
export const ChatCompletionRequestSchema: v.LooseObjectSchema<v.ObjectEntries, undefined> =
  /* @__PURE__ */ (() =>
    v.looseObject({
      model: ModelSchema,
      messages: v.pipe(v.array(MessageSchema), v.minLength(1, 'must have at least one message')),
      temperature: numberFrom(0, 2),
      maxTokens: wholeFrom(1),
      maxCompletionTokens: wholeFrom(1),
      topP: numberFrom(0, 1),
      n: wholeFrom(1, 10),
      stop: v.nullish(
        v.union([
          v.string(),
          v.pipe(v.array(v.string()), v.maxLength(4, 'must have at most four sequences')),
        ]),
      ),
      presencePenalty: numberFrom(-2, 2),
      frequencyPenalty: numberFrom(-2, 2),
      seed: wholeFrom(Number.MIN_SAFE_INTEGER),
      topLogprobs: wholeFrom(0),
      stream: v.nullish(v.boolean()),
      tools: v.nullish(v.array(v.looseObject({ type: v.string() }))),
      toolChoice: v.nullish(v.union([v.string(), v.looseObject({})])),
      responseFormat: v.nullish(v.looseObject({ type: v.string() })),
    }))()
