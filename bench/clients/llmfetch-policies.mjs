export { withPolicies as default } from './llmfetch.mjs'
