export { createFakeFetch, type FakeFetch } from './fake-fetch.ts'
export type {
  FakeChatMessage,
  FakeChatRequest,
  FakeModelOptions,
  FakeReply,
  FakeRequest,
  FakeToolCall,
  FakeUsage,
  Fault,
} from './types.ts'
