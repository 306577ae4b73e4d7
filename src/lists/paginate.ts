import { LimitError } from '../errors/limit-error.ts'

/** One page of a list. */
export interface Page<T> {
  readonly data: readonly T[]
  readonly hasMore?: boolean | undefined
  /** The cursor of what comes next. @default the `id` of the page's last item */
  readonly lastId?: string | null | undefined
}

/**
 * Goes through a list page by page, and gives its items one by one. The next page is asked for when it is needed; leaving the loop
 * asks for no more. It ends after a page that says that there are no more, or that has no items.
 * @param list asks for the page after a cursor; for the first one the cursor is undefined
 * @throws {LimitError} where the service gives the same cursor again, which would go on for ever
 * @example
 * for await (const file of paginate(after => listFiles(client, { after, limit: 100 }))) console.log(file.filename)
 */
export async function* paginate<T>(
  list: (after: string | undefined) => PromiseLike<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  const seen = new Set<string>()
  let after: string | undefined
  for (;;) {
    const { data, hasMore, lastId } = await list(after)
    yield* data
    const next = lastId ?? (data.at(-1) as { readonly id?: string } | undefined)?.id
    if (!hasMore || !data.length || !next) return
    if (seen.has(next)) throw new LimitError('The list gives the same pages again and again')
    seen.add(next)
    after = next
  }
}
