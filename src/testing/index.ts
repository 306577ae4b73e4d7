export { createFakeFetch, type FakeFetch } from './fake-fetch.ts'
export type { FakeChatMessage, FakeChatRequest, FakeModelOptions, FakeRequest, Fault } from './types.ts'
