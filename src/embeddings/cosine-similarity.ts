import { validationError } from '../errors/validation-error.ts'

/**
 * Tells how alike two vectors are: the cosine of the angle between them, from -1 to 1; 0 where one of them is all zeros.
 * @throws {ValidationError} for vectors of different lengths: those of two models cannot be compared
 * @example
 * const [nearest] = texts.toSorted((a, b) => cosineSimilarity(b.vector, query) - cosineSimilarity(a.vector, query))
 */
export function cosineSimilarity(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length)
    throw validationError([{ path: 'b', message: `must have ${a.length} numbers, as the first vector has` }])
  let dot = 0
  let lengthA = 0
  let lengthB = 0
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!
    lengthA += a[i]! ** 2
    lengthB += b[i]! ** 2
  }
  return dot / Math.sqrt(lengthA * lengthB) || 0
}
