import * as v from 'valibot'
import { ModelSchema, wholeFrom } from '../internal/rules.ts'

const TextSchema = /* @__PURE__ */ (() => v.pipe(v.string(), v.nonEmpty('must not be empty')))()
const TokensSchema = /* @__PURE__ */ (() =>
  v.pipe(v.array(v.pipe(v.number(), v.integer('must be a token'))), v.nonEmpty('must not be empty')))()

/** The rules for an embedding request, in camelCase. Parameters that it does not know pass. */
export const EmbeddingRequestSchema: v.LooseObjectSchema<v.ObjectEntries, undefined> = /* @__PURE__ */ (() =>
  v.looseObject({
    model: ModelSchema,
    input: v.union([
      TextSchema,
      TokensSchema,
      v.pipe(v.array(v.union([TextSchema, TokensSchema])), v.nonEmpty('must not be empty')),
    ]),
    dimensions: wholeFrom(1),
    encodingFormat: v.nullish(v.picklist(['float', 'base64'])),
  }))()
