const SECONDS = 3

const kilobytes = bytes => `${(bytes / 1024).toFixed(0)} KiB`

export default {
  id: 'L6',
  title: 'A server that sends as fast as it can, a reader of 10 chunks a second',
  demand: 'takes at most 1 MiB more from the server than the bare loop does; the server is made to wait',
  tries: 3,
  async run({ task, server }) {
    const sent = {}
    let areBlocked = true
    for (const client of ['bare', 'llmfetch', 'llm-client']) {
      await server.ask('reset')
      await task('slow-reader', client, { seconds: SECONDS })
      const { sent: bytes, isBlocked } = await server.ask('stats')
      sent[client] = bytes
      areBlocked &&= isBlocked
    }
    const beyond = Math.max(sent.llmfetch, sent['llm-client']) - sent.bare
    return {
      figures: [
        `sent in ${SECONDS} s: ${kilobytes(sent.llmfetch)}, LLMClient ${kilobytes(sent['llm-client'])}, bare loop ${kilobytes(sent.bare)}`,
        areBlocked ? 'server waits' : 'server not made to wait',
      ],
      passed: areBlocked && beyond <= 2 ** 20,
    }
  },
}
