import { isObject, type Json, setMember } from '../wire/names.ts'
import { joinBlocks } from './quirks.ts'

/** Fields whose pieces make one text, one object, one list of blocks. */
const TEXTS = /^(reasoning(Content|Text)?|refusal|data|transcript|arguments)$/
const OBJECTS = /^(audio|functionCall|logprobs)$/
const BLOCKS = /^(reasoningDetails|thinkingBlocks)$/

/**
 * Takes over a vendor's fields: lists and the pieces of a text go on, of anything else the last that is not null counts. What
 * goes on is a copy, as the chunk is the caller's.
 *
 * It runs for each chunk: to collect what is not `known` into an object of its own would take as long as all the rest.
 */
export function mergeFields(target: Json, source: Json, known?: ReadonlySet<string>): Json {
  for (const key of Object.keys(source)) {
    if (known?.has(key)) continue
    const value = source[key]
    const before = target[key]
    if ((value ?? '') === '' && before !== undefined) continue
    if (Array.isArray(value)) {
      const list: unknown[] = Array.isArray(before) ? before : []
      if (list !== before) setMember(target, key, list)
      if (BLOCKS.test(key)) joinBlocks(list as Json[], value)
      else for (const item of value) list.push(item)
    } else if (typeof before === 'string' && TEXTS.test(key)) setMember(target, key, before + value)
    else if (isObject(value) && OBJECTS.test(key))
      setMember(target, key, mergeFields(isObject(before) ? before : {}, value))
    else if (value !== before) setMember(target, key, value)
  }
  return target
}
