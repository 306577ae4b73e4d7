// The Responses API and Conversations. The types are as large as all of `llmfetch`'s, hence an entry of their own.

export type { Open, Other, OtherType, VendorFields, WireNames } from '../client/shapes.ts'
export * from './conversations.ts'
export { createResponse } from './create.ts'
export { finalResponse } from './final-response.ts'
export { type GetResponseQuery, getResponse } from './get.ts'
export type { ResponseStreamOptions } from './open-response-stream.ts'
export * from './operations.ts'
export { outputText } from './output-text.ts'
export { resumeResponse } from './resume.ts'
export { runResponseTools } from './run-response-tools.ts'
export { streamResponse } from './stream.ts'
export { streamResponseTools } from './stream-response-tools.ts'
export { toInputItems } from './to-input-items.ts'
export { toResponseEvent } from './to-response-event.ts'
export type {
  ResponseToolEvent,
  ResponseToolRun,
  ResponseToolStep,
  ResponseToolsOptions,
  ResponseToolsRequest,
} from './tool-types.ts'
export type * from './types.ts'
