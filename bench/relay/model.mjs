// What one Redis, and one Durable Object, carry: the looks and the writes of streams, by simulation of the store's own rules.

/** A script of Redis takes about so long, in milliseconds: 25 µs measured with redis-benchmark for an EVAL of this size. */
const SCRIPT = 0.025

/** The waits of a reader: 50 ms, each further one half as long again, up to 500. */
function looksFor(gap) {
  let looks = 1
  let waited = 0
  for (let wait = 50; waited < gap; wait = Math.min(wait * 1.5, 500)) {
    waited += wait
    looks++
  }
  return looks
}

/** Events of a stream come at random moments: the mean number of looks for one, over many gaps. */
function looksAnEvent(mean) {
  let looks = 0
  const tries = 20_000
  for (let i = 0; i < tries; i++) looks += looksFor(-Math.log(1 - (i + 0.5) / tries) * mean)
  return looks / tries
}

/** For streams with an event in so many milliseconds, whose waiting readers are in so many processes. */
export function simulate() {
  const rows = {}
  for (const [every, processes] of [
    [25, 0],
    [25, 1],
    [100, 1],
    [100, 4],
    [250, 1],
    [1000, 1],
  ]) {
    // The writer's append for each event, and the looks of each process where one waits.
    const commands = (1000 / every) * (1 + processes * looksAnEvent(every))
    rows[`an event in ${every} ms, readers in ${processes} other processes`] = {
      'commands a stream and second': Number(commands.toFixed(1)),
      'streams that one Redis carries at 60 %': Math.floor((0.6 * 1000) / SCRIPT / commands),
    }
  }
  return rows
}
