import type { ValidationIssue } from '../errors/validation-error.ts'

/** Tells whether two words differ in at most `limit` letters: changed, left out or too many. */
function isNear(a: string, b: string, limit: number): boolean {
  if (limit < 0) return false
  if (!a || !b) return a.length + b.length <= limit
  const restOfA = a.slice(1)
  const restOfB = b.slice(1)
  if (a[0] === b[0]) return isNear(restOfA, restOfB, limit)
  const less = limit - 1
  return isNear(restOfA, restOfB, less) || isNear(restOfA, b, less) || isNear(a, restOfB, less)
}

/** The known name that is nearest to an unknown one, if one is near enough to be meant: part of it, or two letters away. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const meant = name.toLowerCase()
  return [0, 1, 2].flatMap(limit =>
    known.filter(word => {
      const lower = word.toLowerCase()
      return isNear(meant, lower, limit) || (limit && (lower.includes(meant) || meant.includes(lower)))
    }),
  )[0]
}

/**
 * Tells of the first option that nobody knows, and of the known one that it may be meant for: an option without effect is
 * found in production.
 */
export function unknownOption(
  given: unknown,
  known: readonly string[],
  what = 'option',
): ValidationIssue | undefined {
  const path = Object.keys(Object(given)).find(key => !known.includes(key))
  if (path === undefined) return undefined
  const meant = nearest(path, known)
  return { path, message: `is no ${what}${meant ? `: did you mean ${meant}?` : ''}` }
}
