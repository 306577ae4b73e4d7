import { joinPath, type ValidationIssue } from '../errors/validation-error.ts'
import { camelCase } from '../wire/names.ts'
import type { Rules } from './rules.ts'

/** Tells what is wrong with the parameters that are given, in either spelling. Those without a rule pass. */
export function checkParameters(rules: Rules, parameters: object): ValidationIssue[] {
  try {
    return Object.entries(parameters).flatMap(([key, value]) => {
      const name = camelCase(key)
      if (!Object.hasOwn(rules, name)) return []
      return rules[name]!(value).map(({ path, message }) => ({ path: joinPath([key, ...path]), message }))
    })
  } catch {
    // A getter or a proxy of the caller's threw: `toWire` tells where.
    return []
  }
}

/** Tells what is wrong with a request: a parameter that is missing, or one that is given. */
export function checkRequest(rules: Rules, request: object): ValidationIssue[] {
  const given = new Set(Object.keys(request).map(camelCase))
  const missing = Object.keys(rules).filter(name => !given.has(name) && rules[name]!(undefined).length)
  return [...missing.map(path => ({ path, message: 'is missing' })), ...checkParameters(rules, request)]
}
