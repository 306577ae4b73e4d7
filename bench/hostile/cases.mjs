/** Each case: the server's fault, the way the caller reads, and how long it is watched, in ms. */
export const cases = [
  { fault: 'whole', title: 'nothing wrong' },
  { fault: 'cut', title: 'connection closed in the body' },
  { fault: 'unfinished', title: 'body ends, the answer does not' },
  { fault: 'reset', title: 'connection reset' },
  { fault: 'stallBefore', title: 'silence instead of headers' },
  { fault: 'stall', title: 'silence in the body' },
  { fault: 'heartbeats', title: 'only comments in the body' },
  { fault: 'errorInside', title: 'error event inside a 200' },
  { fault: 'errorInstead', title: 'JSON error with 200' },
  { fault: 'html', title: 'HTML with 200' },
  { fault: 'brokenJson', title: 'one event is not JSON' },
  { fault: 'linger', title: 'socket stays open after `[DONE]`' },
  { fault: 'tools', title: 'two tool calls without index', reader: 'tools' },
  { fault: 'steady', title: 'reader leaves the loop', reader: 'leave' },
  { fault: 'steady', title: 'caller aborts its signal', reader: 'abort' },
  { fault: 'flood', title: 'reader of 10 pieces a second', reader: 'slow', limit: 3000 },
].map(each => ({ reader: 'read', limit: 5000, ...each }))
