import type { BodyWatcher } from '../internal/body-watcher.ts'
import { type Dialect, EventReader, type StreamContext } from './event-reader.ts'

/** An answer whose `data` are its events. */
export interface EventAnswer<T> extends Response {
  readonly data: EventReader<T>
  readonly watch: (watcher: BodyWatcher) => void
}

/** Opens a stream of events; settles when its first is there. */
export async function openEvents<T>(
  response: Response,
  context: StreamContext,
  dialect: Dialect<T>,
): Promise<EventAnswer<T>> {
  const data = new EventReader(response, context, dialect)
  await data.open()
  return Object.assign(response, { data, watch: (watcher: BodyWatcher) => data.watch(watcher) })
}
