/**
 * The most that llmfetch may cost, by work and client, as a multiple of the bare loop's CPU time. `shapes` is a multiple of
 * the same work on two clients, `import` one of importing `eventsource-parser`. `npm run bench` fails when a ratio is over its
 * limit. No script writes these numbers: a limit taken from the measure would limit nothing.
 */
export const limits = {
  call: { llmfetch: 3, 'llm-client': 7 },
  event: { llmfetch: 2, 'llmfetch-policies': 2.1 },
  '16k': { llmfetch: 2.1, 'llmfetch-policies': 2.2 },
  shapes: { llmfetch: 1.3, 'llm-client': 1.3 },
  'network-event': { llmfetch: 1.6, 'llmfetch-policies': 1.75 },
  'network-16k': { llmfetch: 2.1, 'llmfetch-policies': 2.2 },
  import: { llmfetch: 5.5 },
}
