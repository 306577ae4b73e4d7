import { inTime } from '../call/in-time.ts'

/** What all of `work` gives; nothing of it, once `report` knows why, where some of it fails or takes over two seconds. */
export async function withinTime<T>(
  work: readonly Promise<T>[],
  report: (error: unknown) => void,
): Promise<readonly (T | undefined)[]> {
  try {
    return await inTime(Promise.all(work), 2000, 'The cache store or key')
  } catch (error) {
    report(error)
    return work.map(() => undefined)
  }
}
