import { describe, expect, it } from 'vitest'
import { operationOf } from '../../src/otel/conventions.ts'

describe('operationOf', () => {
  it.each([
    ['/v1/chat/completions', 'chat'],
    ['/v1/completions', 'text_completion'],
    ['/v1/vector_stores/vs_1/search', 'retrieval'],
    ['/v1/re-search', 'own'],
    [`/v1/responses/${'a'.repeat(1000)}/cancel`, 'own'],
  ])('names what a path ends with: %s', (path, name) => {
    expect(operationOf('POST', path, 'own')).toBe(name)
  })
})
