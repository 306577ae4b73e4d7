import { describe, expect, it } from 'vitest'
import { LimitError, type Page, paginate } from '../../src/index.ts'
import { listFiles } from '../../src/openai/index.ts'
import { clientOf, failureOf, json } from '../client/harness.ts'

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

/** A list in pages, and the cursors that it was asked with. */
function paged(...pages: readonly Page<{ id: string }>[]) {
  const asked: (string | undefined)[] = []
  const list = async (after: string | undefined) => pages[asked.push(after) - 1]!
  return { asked, list }
}

const ids = (...names: readonly string[]) => names.map(id => ({ id }))

describe('paginate', () => {
  it('goes through all pages of a real list', async () => {
    const client = clientOf(async url => {
      const after = new URL(url).searchParams.get('after')
      const data = after === null ? [{ id: 'a' }, { id: 'b' }] : [{ id: 'c' }]
      return json({ object: 'list', data, has_more: after === null, last_id: data.at(-1)!.id })
    })
    const files = await all(paginate(after => listFiles(client, { after, limit: 2 })))
    expect(files.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
  })

  it('goes on after the last id, or after the id of the last item', async () => {
    const { asked, list } = paged(
      { data: ids('a'), hasMore: true, lastId: 'cursor' },
      { data: ids('b', 'c'), hasMore: true, lastId: null },
      { data: ids('d'), hasMore: false },
    )
    expect(await all(paginate(list))).toEqual(ids('a', 'b', 'c', 'd'))
    expect(asked).toEqual([undefined, 'cursor', 'c'])
  })

  it('ends where there are no more, where a page is empty, and where there is no cursor', async () => {
    for (const last of [
      { data: ids('b') },
      { data: [], hasMore: true, lastId: 'x' },
      { data: [{} as { id: string }], hasMore: true },
    ]) {
      const { asked, list } = paged({ data: ids('a'), hasMore: true }, last)
      await all(paginate(list))
      expect(asked).toHaveLength(2)
    }
  })

  it('refuses a cursor that comes again', async () => {
    const { list } = paged(
      { data: ids('a'), hasMore: true },
      { data: ids('a'), hasMore: true },
      { data: ids('a') },
    )
    expect(await failureOf(all(paginate(list)))).toBeInstanceOf(LimitError)
  })

  it('refuses cursors that come in turns', async () => {
    const names = ['a', 'b', 'c', 'b', 'c', 'b']
    const { asked, list } = paged(...names.map(name => ({ data: ids(name), hasMore: true })))
    expect(await failureOf(all(paginate(list)))).toBeInstanceOf(LimitError)
    expect(asked).toEqual([undefined, 'a', 'b', 'c'])
  })

  it('asks for a page only when it is needed', async () => {
    const { asked, list } = paged({ data: ids('a', 'b'), hasMore: true }, { data: ids('c') })
    for await (const { id } of paginate(list)) if (id === 'b') break
    expect(asked).toEqual([undefined])
  })

  it('throws what a page throws, after the items before it', async () => {
    const found: string[] = []
    const list = async (after: string | undefined): Promise<Page<{ id: string }>> => {
      if (after) throw new Error('down')
      return { data: ids('a'), hasMore: true }
    }
    const read = async () => {
      for await (const { id } of paginate(list)) found.push(id)
    }
    expect((await failureOf(read())).message).toBe('down')
    expect(found).toEqual(['a'])
  })
})
