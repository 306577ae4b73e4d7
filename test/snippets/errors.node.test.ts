import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../package/built.ts'
import { mistakes } from './mistakes.ts'

const page = readFileSync(join(root, 'docs/errors.md'), 'utf8')

/** What the page's tables say that a reader sees. */
const told = [...page.matchAll(/^\| you see .*\n\|[ |-]+\n((?:\|.*\n)+)/gm)].flatMap(([, rows]) =>
  [...rows!.matchAll(/^\| `([^`]+)`/gm)].map(([, message]) => message!),
)

async function messageOf(make: () => unknown): Promise<string> {
  try {
    await make()
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing was thrown'
}

describe('docs/errors.md', () => {
  it('has a row for each mistake, and each row is one that was made', () => {
    expect(new Set(told)).toEqual(new Set(mistakes.map(({ sees }) => sees)))
  })

  it.each(mistakes)('tells what is seen: $sees', async ({ sees, make }) => {
    expect(await messageOf(make)).toContain(sees)
  })
})
