/** Marks a promise as handled: nobody may wait for it, and its rejection must not end the process. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

/**
 * Lets calls that overlap be answered in order: each begins when the one before it has settled.
 *
 * @param quick answers at once where nothing is under way, undefined where it cannot
 */
export function inOrder<R>(next: () => Promise<R>, quick?: () => R | undefined): () => Promise<R> {
  let last: Promise<unknown> | undefined
  return () => {
    try {
      const result = last ? undefined : quick?.()
      if (result !== undefined) return Promise.resolve(result)
    } catch (error) {
      return handled(Promise.reject(error))
    }
    const result = last ? last.then(next, next) : next()
    last = result
    const settled = () => {
      if (last === result) last = undefined
    }
    result.then(settled, settled)
    return result
  }
}
