import * as v from 'valibot'

type NumberRule = v.GenericSchema<number | null | undefined>

/** A parameter that may be left out, or null: a number within bounds. */
/* @__NO_SIDE_EFFECTS__ */
export function numberFrom(min: number, max: number): NumberRule {
  return v.nullish(
    v.pipe(v.number(), v.minValue(min, `must be at least ${min}`), v.maxValue(max, `must be at most ${max}`)),
  )
}

/** A parameter that may be left out, or null: a whole number within bounds. */
/* @__NO_SIDE_EFFECTS__ */
export function wholeFrom(min: number, max: number = Number.MAX_SAFE_INTEGER): NumberRule {
  return v.nullish(
    v.pipe(
      v.number(),
      v.integer('must be whole'),
      v.minValue(min, `must be at least ${min}`),
      v.maxValue(max, `must be at most ${max}`),
    ),
  )
}

/** A model's name: something visible, and nothing that cannot be seen. */
export const ModelSchema: v.GenericSchema<string> = /* @__PURE__ */ (() =>
  v.pipe(v.string(), v.regex(/^(?!\s*$)\P{Cc}*$/u, 'must be a name')))()
