/** What llmfetch may cost at most, as a multiple of the bare loop's CPU time. */
export const limits = { event: 1.5, '16k': 1.8, json: 2 }
