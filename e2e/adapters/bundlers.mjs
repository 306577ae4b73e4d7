export const bundlers = { name: 'bundlers', runsSpec: false, find: async () => ({ missing: 'later' }) }
