import * as v from 'valibot'
import { chatRules } from './chat-rules.ts'
import { embeddingRules } from './embedding-rules.ts'
import type { Rule, Rules } from './rules.ts'
import type { StandardSchema } from './standard-schema.ts'

/** Makes a valibot schema of a rule, for whoever builds a larger schema of it. */
/* @__NO_SIDE_EFFECTS__ */
function schemaOf(rule: Rule): v.GenericSchema {
  const checked = v.pipe(
    v.unknown(),
    v.rawCheck(({ dataset, addIssue }) => {
      for (const { path, message } of rule(dataset.value)) {
        let input: unknown = dataset.value
        const items = path.map(key => {
          const item = {
            type: 'unknown' as const,
            origin: 'value' as const,
            input,
            key,
            value: Object(input)[key],
          }
          input = item.value
          return item
        })
        addIssue({ message, ...(items.length && { path: items as unknown as [v.IssuePathItem] }) })
      }
    }),
  )
  return rule(undefined).length ? checked : v.optional(checked)
}

/* @__NO_SIDE_EFFECTS__ */
function requestSchema(rules: Rules): StandardSchema {
  const entries = Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, schemaOf(rule)]))
  return v.looseObject(entries)
}

/**
 * The rules for a chat request, in camelCase, as a valibot schema. Parameters, roles and parts that it does not know pass.
 * @example
 * import * as v from 'valibot'
 * v.parse(ChatCompletionRequestSchema as v.GenericSchema, request)
 */
export const ChatCompletionRequestSchema: StandardSchema = /* @__PURE__ */ requestSchema(chatRules)

/**
 * The rules for an embedding request, in camelCase, as a valibot schema. Parameters that it does not know pass.
 * @example
 * EmbeddingRequestSchema['~standard'].validate(request)
 */
export const EmbeddingRequestSchema: StandardSchema = /* @__PURE__ */ requestSchema(embeddingRules)
