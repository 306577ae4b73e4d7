/** Says which service answered: its base URL, on answers that are not the first service's. */
export const TARGET_HEADER = 'x-llmfetch-target'
