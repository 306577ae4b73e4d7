import type { Json } from '../wire/names.ts'
import { createRenamer } from '../wire/shapes.ts'

/** A service may make up types without end. */
const MAX_TYPES = 200

/**
 * Makes what renames the events of one stream that are of many types. It remembers the shapes of each type apart: with one memory
 * for all it would learn anew at every event.
 */
export function createEventRenamer(
  verbatim: readonly string[] | undefined,
): (event: Json, type: string) => Json {
  const renamers = new Map<string, (event: unknown) => unknown>()
  return (event, type) => {
    let rename = renamers.get(type)
    if (!rename) {
      if (renamers.size >= MAX_TYPES) renamers.clear()
      rename = createRenamer(verbatim)
      renamers.set(type, rename)
    }
    return rename(event) as Json
  }
}
