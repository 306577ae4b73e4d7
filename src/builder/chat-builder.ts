import { ChatCompletionStream } from '../chat/chat-completion-stream.ts'
import { createChatCompletion } from '../chat/create.ts'
import { streamChatCompletion } from '../chat/stream.ts'
import type {
  AssistantMessage,
  ChatCompletion,
  ChatCompletionRequest,
  ContentPart,
  Message,
  ResponseFormat,
  Tool,
  ToolChoice,
} from '../chat/types.ts'
import type { CallOptions, Client, ResultPromise } from '../client/types.ts'
import { type ValidationIssue, validationError } from '../errors/validation-error.ts'
import type { FoldedStreamOptions } from '../stream/folded-stream.ts'
import { chatRules } from '../validation/chat-rules.ts'
import { checkParameters, checkRequest } from '../validation/check-request.ts'
import { toWire } from '../wire/names.ts'

type Content = string | readonly ContentPart[]

/** What a builder needs before it can send. */
type Needs = 'model' | 'message'

/** What every builder can do. Each method returns a new builder, so one can be kept and continued in several ways. */
interface Steps<Has extends Needs> {
  model(model: string): ChatCompletionBuilder<Has | 'model'>
  system(content: Content): ChatCompletionBuilder<Has | 'message'>
  developer(content: Content): ChatCompletionBuilder<Has | 'message'>
  user(content: Content): ChatCompletionBuilder<Has | 'message'>
  assistant(
    content: AssistantMessage['content'],
    extras?: Partial<AssistantMessage>,
  ): ChatCompletionBuilder<Has | 'message'>
  /** The result of the tool call with this id. */
  tool(toolCallId: string, content: Content): ChatCompletionBuilder<Has | 'message'>
  /** Appends any message, a response's too. */
  message(message: Message): ChatCompletionBuilder<Has | 'message'>
  /** Takes the place of all messages so far. */
  messages(messages: readonly Message[]): ChatCompletionBuilder<Has | 'message'>
  /** 0 to 2 */
  temperature(temperature: number): ChatCompletionBuilder<Has>
  /** A whole number, at least 1. */
  maxTokens(maxTokens: number): ChatCompletionBuilder<Has>
  /** 0 to 1 */
  topP(topP: number): ChatCompletionBuilder<Has>
  /** How many choices, 1 to 128. */
  n(n: number): ChatCompletionBuilder<Has>
  /** At most four sequences. */
  stop(...sequences: readonly (string | readonly string[])[]): ChatCompletionBuilder<Has>
  seed(seed: number): ChatCompletionBuilder<Has>
  tools(tools: readonly Tool[]): ChatCompletionBuilder<Has>
  /** `'auto'`, `'none'`, `'required'`, or the name of a tool. */
  toolChoice(choice: ToolChoice | (string & {})): ChatCompletionBuilder<Has>
  responseFormat(format: ResponseFormat): ChatCompletionBuilder<Has>
  /** Asks for a JSON object. Say so in a message too: services insist on it. */
  jsonResponse(): ChatCompletionBuilder<Has>
  /** Sets any parameters, those without a method too. */
  set<P extends Partial<ChatCompletionRequest>>(
    parameters: P & { readonly [Unknown in Exclude<keyof P, keyof ChatCompletionRequest>]: never },
  ): ChatCompletionBuilder<
    | Has
    | (P extends { model: string } ? 'model' : never)
    | (P extends { messages: object } ? 'message' : never)
  >
}

/** What a builder can do once it has a model and a message. */
interface Sendable {
  /** The request, as `createChatCompletion` takes it. */
  build(): ChatCompletionRequest
  /** Sends it and waits for the whole answer. */
  execute(options?: CallOptions): ResultPromise<ChatCompletion>
  /** Sends it and streams the answer. */
  stream(options?: CallOptions & FoldedStreamOptions): ChatCompletionStream
}

/**
 * A chat request in the making; see {@link chat}. `execute`, `stream` and `build` are there once it has a model and a message.
 * A bad value throws a `ValidationError` at the method that it was given to.
 */
export type ChatCompletionBuilder<Has extends Needs = never> = Steps<Has> &
  ([Needs] extends [Has] ? Sendable : unknown)

class Builder implements Steps<Needs>, Sendable {
  readonly #client: Client
  readonly #request: Partial<ChatCompletionRequest>

  constructor(client: Client, request: Partial<ChatCompletionRequest>) {
    this.#client = client
    this.#request = request
  }

  model(model: string): Builder {
    return this.set({ model })
  }

  system(content: Content): Builder {
    return this.message({ role: 'system', content })
  }

  developer(content: Content): Builder {
    return this.message({ role: 'developer', content })
  }

  user(content: Content): Builder {
    return this.message({ role: 'user', content })
  }

  assistant(content: AssistantMessage['content'], extras?: Partial<AssistantMessage>): Builder {
    return this.message({ ...extras, role: 'assistant', content })
  }

  tool(toolCallId: string, content: Content): Builder {
    return this.message({ role: 'tool', toolCallId, content })
  }

  message(message: Message): Builder {
    return this.messages([...(this.#request.messages ?? []), message])
  }

  messages(messages: readonly Message[]): Builder {
    return this.set({ messages })
  }

  temperature(temperature: number): Builder {
    return this.set({ temperature })
  }

  maxTokens(maxTokens: number): Builder {
    return this.set({ maxTokens })
  }

  topP(topP: number): Builder {
    return this.set({ topP })
  }

  n(n: number): Builder {
    return this.set({ n })
  }

  stop(...sequences: readonly (string | readonly string[])[]): Builder {
    return this.set({ stop: sequences.flat() })
  }

  seed(seed: number): Builder {
    return this.set({ seed })
  }

  tools(tools: readonly Tool[]): Builder {
    return this.set({ tools })
  }

  toolChoice(choice: ToolChoice | (string & {})): Builder {
    const named = typeof choice === 'string' && !/^(auto|none|required)$/.test(choice)
    return this.set({
      toolChoice: named ? { type: 'function', function: { name: choice } } : (choice as ToolChoice),
    })
  }

  responseFormat(responseFormat: ResponseFormat): Builder {
    return this.set({ responseFormat })
  }

  jsonResponse(): Builder {
    return this.responseFormat({ type: 'json_object' })
  }

  set(parameters: Partial<ChatCompletionRequest>): Builder {
    refuseIssues(checkParameters(chatRules, parameters))
    return new Builder(this.#client, { ...this.#request, ...structuredCopy(parameters) })
  }

  build(): ChatCompletionRequest {
    refuseIssues(checkRequest(chatRules, this.#request))
    return structuredCopy(this.#request) as ChatCompletionRequest
  }

  execute(options?: CallOptions): ResultPromise<ChatCompletion> {
    return createChatCompletion(this.#client, this.build(), options)
  }

  stream(options?: CallOptions & FoldedStreamOptions): ChatCompletionStream {
    return new ChatCompletionStream(streamChatCompletion(this.#client, this.build(), options), options)
  }
}

function refuseIssues(issues: readonly ValidationIssue[]): void {
  if (issues.length) throw validationError(issues)
}

/**
 * A deep copy of what JSON can carry, which the caller cannot change any more and in which NaN and the like have been refused,
 * its names as they are. Tools are kept as they are: one made by `tool` has a runner that a copy would lose.
 */
function structuredCopy<T extends Partial<ChatCompletionRequest>>(parameters: T): T {
  const copy = toWire(parameters, false) as T
  return parameters.tools ? { ...copy, tools: [...parameters.tools] } : copy
}

/**
 * Begins a chat request. What it sends has been validated, whether or not the client validates.
 *
 * @example
 * const completion = await chat(client).model('gpt-4.1').user('Hi').temperature(0).execute()
 */
export function chat(client: Client): ChatCompletionBuilder {
  return new Builder(client, {})
}
