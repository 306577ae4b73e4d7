/** What is wrong with a value: where in it, and what. The value itself is never in it. */
interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** A rule says what is wrong with a value: nothing where the list is empty. */
export type Rule = (value: unknown) => readonly Problem[]

/** The rules for the parameters of a request, by their names in camelCase. Those that it does not know pass. */
export interface Rules {
  readonly [parameter: string]: Rule
}

function problem(message: string, ...path: readonly (string | number)[]): readonly Problem[] {
  return [{ path, message }]
}

function inside(key: string | number, problems: readonly Problem[]): readonly Problem[] {
  return problems.map(({ path, message }) => ({ path: [key, ...path], message }))
}

/** A parameter that may be left out, or null. */
export function optional(rule: Rule): Rule {
  return value => (value == null ? [] : rule(value))
}

/** A value for which a test holds. A missing one is told of as such. */
export function where(test: (value: unknown) => boolean, message: string): Rule {
  return value => {
    if (value === undefined) return problem('is missing')
    return test(value) ? [] : problem(message)
  }
}

/** A number within bounds. */
export function numberFrom(min: number, max: number): Rule {
  return where(
    value => typeof value === 'number' && value >= min && value <= max,
    `must be a number from ${min} to ${max}`,
  )
}

/** A whole number within bounds. */
export function wholeFrom(min: number, max: number = Number.MAX_SAFE_INTEGER): Rule {
  const range = max < Number.MAX_SAFE_INTEGER ? ` from ${min} to ${max}` : ` of at least ${min}`
  return where(
    value => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
    `must be a whole number${range}`,
  )
}

export const isText = (value: unknown): boolean => typeof value === 'string'

export const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A text that is not empty. */
export const text: Rule = /* @__PURE__ */ where(
  value => isText(value) && value !== '',
  'must be a text that is not empty',
)

/** A list, each of its items of the rule. */
export function listOf(item: Rule, min = 0): Rule {
  return value => {
    if (value === undefined) return problem('is missing')
    if (!Array.isArray(value)) return problem('must be a list')
    if (value.length < min) return problem('must not be empty')
    return Array.from(value, (item_, index) => inside(index, item(item_))).flat()
  }
}

/** An object whose members keep to rules. Members without one pass. */
export function objectOf(rules: Rules): Rule {
  return value => {
    if (!isObject(value)) return problem(value === undefined ? 'is missing' : 'must be an object')
    return Object.entries(rules).flatMap(([name, rule]) =>
      inside(name, rule((value as { [name: string]: unknown })[name])),
    )
  }
}

/** A value that keeps to one rule of several. */
export function oneOf(message: string, ...rules: readonly Rule[]): Rule {
  return where(value => rules.some(rule => !rule(value).length), message)
}

/** A model's name: something visible, and nothing that cannot be seen. */
export const model: Rule = /* @__PURE__ */ where(
  value => isText(value) && /^(?!\s*$)\P{Cc}*$/u.test(value as string),
  'must be the name of a model',
)
