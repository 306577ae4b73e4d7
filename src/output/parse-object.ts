import { isWhole } from '../chat/is-whole.ts'
import { textOf } from '../chat/quirks.ts'
import type { ChatCompletion } from '../chat/types.ts'
import { OutputError, type OutputErrorCode } from '../errors/output-error.ts'
import { cutReason } from './cut-reason.ts'
import { jsonSchemaOf } from './json-schema-of.ts'
import { parseJsonAs } from './parse-json-as.ts'
import type { Schema } from './schema.ts'
import { strictSchema } from './strict-schema.ts'

/** Settings of {@link parseObject}. */
export interface ParseObjectOptions {
  /** Whether the format was forced to be strict: nulls that stand for optional members are removed then. @default false */
  readonly strict?: boolean | undefined
}

/** What of a model's text is its JSON: without a fence round it, or without the words before and after a list or an object. */
function jsonIn(text: string): string {
  const plain = text.replace(/^```[ \w]*|```$/g, '')
  const outer = plain.replace(/^[^[{]*([[{].*[\]}]).*$/s, '$1')
  // The words may have brackets of their own, `[1]` say.
  const inner = plain.replace(/^[^{]*(\{.*\}).*$/s, '$1')
  return [plain, outer].find(isWhole) ?? inner
}

/**
 * Reads the object that a completion's first choice holds, without the fence that models like to put round it, and checks it.
 * @throws {OutputError} where there is none; `code` says why, `issues` what the schema refuses
 * @example
 * const person = await parseObject(completion, z.object({ name: z.string() }))
 */
export async function parseObject<T>(
  completion: ChatCompletion,
  schema: Schema<T>,
  { strict }: ParseObjectOptions = {},
): Promise<T> {
  try {
    const message = completion.choices[0]?.message
    const code = message?.refusal ? 'REFUSAL' : cutReason(completion)?.toUpperCase()
    if (code) throw new OutputError(`No object: ${code}`, { code: code as OutputErrorCode })
    const content: unknown = message?.content
    const text = (Array.isArray(content) ? textOf(content) : `${content ?? ''}`).trim()
    const forced = strict ? strictSchema(jsonSchemaOf(schema), true) : undefined
    return await parseJsonAs(jsonIn(text), schema, forced)
  } catch (error) {
    if (error instanceof OutputError) error.completion = completion
    throw error
  }
}
