/** The heap that is in use, in bytes. Twice, as what the first collection frees may hold other things. */
export async function liveHeap() {
  for (let time = 0; time < 2; time++) {
    globalThis.gc()
    await new Promise(resolve => setImmediate(resolve))
  }
  return process.memoryUsage().heapUsed
}
