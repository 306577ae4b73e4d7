/** The events of a stream that comes one event at a time. */
export const EVENTS = 2000
/** The same from a network, which takes its time. */
export const SPACED_EVENTS = 1000
/** The events of a stream that comes in pieces of 16 KiB. */
export const DENSE_EVENTS = 10_000

const call = session => session.call()
const stream = async session => (await session.stream()).text
const tools = async session => JSON.stringify(await session.tools())

const events = count => ({ unit: 'an event', run: stream, count })

/**
 * The works, a column each. In a round, the client and the bare loop take turns, `turns` each, and do the work `times` a turn.
 * A unit is one of the `count` that a run has. The work without a `run` compares one client to two.
 */
export const works = [
  { id: 'call', title: 'plain call', unit: 'a call', run: call, count: 1, times: 50, turns: 60 },
  { id: 'event', title: 'one event a read', ...events(EVENTS), turns: 4 },
  { id: '16k', title: '16 KiB a read', ...events(DENSE_EVENTS), turns: 6 },
  { id: 'shapes', title: 'two shapes in turn', unit: 'an event', count: 2 * EVENTS, turns: 5 },
  { id: 'network-event', title: 'one event a network chunk', ...events(SPACED_EVENTS), turns: 1 },
  { id: 'network-16k', title: '16 KiB chunks', ...events(DENSE_EVENTS), turns: 3 },
  { id: 'network-tools', title: 'tool calls', unit: 'a delta', run: tools, count: EVENTS, turns: 3 },
  { id: 'network-call', title: 'plain call', unit: 'a call', run: call, count: 1, times: 25, turns: 2 },
].map(work => ({ times: 1, ...work }))

/** Tells the works over loopback from those over a `fetch` in the client's own process. */
export const isNetwork = ({ id }) => id.startsWith('network-')
