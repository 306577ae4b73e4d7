/** How long a store may take for one step, in milliseconds: some clients of Redis wait for as long as it is away. */
const PATIENCE = 5000

/** Settles as `work` of a store does, or rejects after the time that it may take: a visitor must not wait for ever, nor a place be kept. */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The store took over ${PATIENCE} ms`)), PATIENCE)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
