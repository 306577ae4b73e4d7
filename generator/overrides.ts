/** What is known of a stream that the description only says of in words. */
export interface StreamOverride {
  /** The name of the function that streams. */
  readonly name: string
  /** The schema of its events. */
  readonly events: string
  /** The function that makes its reader; see `readers`. */
  readonly read: string
  /** The types of which one ends the stream. */
  readonly last?: readonly string[]
  /** The function that tells how many such events end the stream; see `readers`. @default one */
  readonly countIn?: string
  /** A member that asks for the stream, where `stream` does not. */
  readonly ask?: readonly [member: string, value: string]
}

/** What the description does not say, or says wrongly. */
export interface Overrides {
  /** Words of ids that no path has. */
  readonly words: readonly string[]
  /** Names of functions by operation id, where the id is no name. */
  readonly functions: { readonly [id: string]: string }
  /** Paths by operation id, where the description has a wrong one. */
  readonly paths: { readonly [id: string]: string }
  /** Operations that are written by hand, by their ids. */
  readonly byHand: readonly string[]
  /** Names of types by schema, where the schema's own would shadow a platform's or is no name. */
  readonly types: { readonly [schema: string]: string }
  /** Schemas of which the package has a type already: the file from `src`, and the type in it. */
  readonly external: { readonly [schema: string]: readonly [file: string, type: string] }
  /** The file of an operation's functions, by its tag or the first segment of its path. */
  readonly files: { readonly [tag: string]: string }
  /** The files, from `src`, of what reads answers and streams. */
  readonly readers: { readonly [name: string]: string }
  /** Operations whose answer is not read as JSON. */
  readonly read: { readonly [id: string]: string }
  readonly streams: { readonly [id: string]: StreamOverride }
  /** Schemas that something by hand needs the types of. */
  readonly roots: readonly {
    readonly schema: string
    readonly file: string
    readonly mode: 'request' | 'answer'
    /** The maps in it that are not so in all operations: what is by hand must name them. */
    readonly verbatim: readonly string[]
  }[]
  /** Names whose values are maps of the user's own in some operation, and are not among those that are so in all. */
  readonly maps: readonly string[]
  /** Names that the description leaves open, and below which names are renamed all the same. */
  readonly notMaps: readonly string[]
  /** The same for one operation. */
  readonly notMapsIn: { readonly [id: string]: readonly string[] }
}

/** The results of a moderation that comes with an answer. */
const moderationMaps = ['categories', 'category_applied_input_types', 'category_scores']

export const overrides: Overrides = {
  words: [
    ...[
      'add',
      'and',
      'attributes',
      'counts',
      'create',
      'default',
      'delete',
      'download',
      'get',
      'in',
      'kit',
      'list',
    ],
    ...['modify', 'paginated', 'retrieve', 'to', 'update'],
  ],
  functions: {
    // "Method" is no word of the API, and a thread is one of the Assistants.
    CancelChatSessionMethod: 'cancelChatKitSession',
    CreateChatSessionMethod: 'createChatKitSession',
    DeleteThreadMethod: 'deleteChatKitThread',
    GetThreadMethod: 'getChatKitThread',
    ListThreadItemsMethod: 'listChatKitThreadItems',
    ListThreadsMethod: 'listChatKitThreads',
    // Run together.
    Compactconversation: 'compactConversation',
    Createcontentprovenancecheck: 'createContentProvenanceCheck',
    Getinputtokencounts: 'getInputTokenCounts',
    // Misspelt.
    submitToolOuputsToRun: 'submitToolOutputsToRun',
  },
  paths: {
    // The description's own example, and OpenAI's own package, ask this.
    cancelEvalRun: '/evals/{eval_id}/runs/{run_id}/cancel',
  },
  byHand: [
    'createChatCompletion',
    'createEmbedding',
    'listModels',
    'retrieveModel',
    'createResponse',
    'getResponse',
  ],
  types: {
    'ConversationParam-2': 'ConversationReference',
    Error: 'AssistantError',
    ErrorEvent: 'AssistantErrorEvent',
    ResponseStreamEvent: 'ResponseEvent',
    Image: 'GeneratedImage',
    Response: 'ModelResponse',
  },
  external: {
    CompletionUsage: ['chat/types', 'Usage'],
    CreateChatCompletionResponse: ['chat/types', 'ChatCompletion'],
    // The same once more.
    'MessagePhase-2': ['responses/types', 'MessagePhase'],
  },
  files: {
    Assistants: 'openai/assistants',
    Audio: 'openai/audio',
    Batch: 'openai/batches',
    Chat: 'openai/chat',
    chatkit: 'openai/chatkit',
    Completions: 'openai/completions',
    containers: 'openai/containers',
    content_provenance_checks: 'openai/content-provenance-checks',
    Conversations: 'responses/conversations',
    Embeddings: 'openai/embeddings',
    Evals: 'openai/evals',
    Files: 'openai/files',
    'Fine-tuning': 'openai/fine-tuning',
    Images: 'openai/images',
    Models: 'openai/models',
    Moderations: 'openai/moderations',
    Realtime: 'openai/realtime',
    Responses: 'responses/operations',
    responses: 'responses/operations',
    Skills: 'openai/skills',
    Uploads: 'openai/uploads',
    'Vector stores': 'openai/vector-stores',
  },
  readers: {
    countImages: 'openai/count-images',
    readCompletionEvents: 'openai/read-completion-events',
    readEvents: 'stream/read-events',
    readNamedEvents: 'openai/read-named-events',
    readNothing: 'client/read-nothing',
    readRaw: 'client/read-raw',
    readTranscript: 'openai/read-transcript',
  },
  read: {
    // Binary, whatever the description says: a file is said to be a JSON string, that of a container to be nothing.
    createSpeech: 'readRaw',
    downloadFile: 'readRaw',
    GetSkillContent: 'readRaw',
    GetSkillVersionContent: 'readRaw',
    RetrieveContainerFileContent: 'readRaw',
    // SDP, and the id of the call in the header `location`.
    'create-realtime-call': 'readRaw',
    // Plain text for some values of `response_format`.
    createTranscription: 'readTranscript',
    createTranslation: 'readTranscript',
    // Nothing is promised.
    'accept-realtime-call': 'readNothing',
    DeleteContainer: 'readNothing',
    DeleteContainerFile: 'readNothing',
    deleteResponse: 'readNothing',
    'hangup-realtime-call': 'readNothing',
    'refer-realtime-call': 'readNothing',
    'reject-realtime-call': 'readNothing',
  },
  streams: {
    createImage: {
      name: 'streamImage',
      events: 'ImageGenStreamEvent',
      read: 'readEvents',
      last: ['image_generation.completed'],
      countIn: 'countImages',
    },
    createImageEdit: {
      name: 'streamImageEdit',
      events: 'ImageEditStreamEvent',
      read: 'readEvents',
      last: ['image_edit.completed'],
      countIn: 'countImages',
    },
    createSpeech: {
      name: 'streamSpeech',
      events: 'CreateSpeechResponseStreamEvent',
      read: 'readEvents',
      last: ['speech.audio.done'],
      ask: ['streamFormat', 'sse'],
    },
    createTranscription: {
      name: 'streamTranscription',
      events: 'CreateTranscriptionResponseStreamEvent',
      read: 'readEvents',
      last: ['transcript.text.done'],
    },
    createCompletion: {
      name: 'streamCompletion',
      events: 'CreateCompletionResponse',
      read: 'readCompletionEvents',
    },
    createRun: { name: 'streamRun', events: 'AssistantStreamEvent', read: 'readNamedEvents' },
    createThreadAndRun: {
      name: 'streamThreadAndRun',
      events: 'AssistantStreamEvent',
      read: 'readNamedEvents',
    },
    submitToolOuputsToRun: {
      name: 'streamToolOutputsToRun',
      events: 'AssistantStreamEvent',
      read: 'readNamedEvents',
    },
  },
  roots: [
    { schema: 'CreateResponse', file: 'responses/types', mode: 'request', verbatim: [] },
    { schema: 'InputItem', file: 'responses/types', mode: 'request', verbatim: [] },
    { schema: 'Response', file: 'responses/types', mode: 'answer', verbatim: moderationMaps },
    { schema: 'ResponseStreamEvent', file: 'responses/types', mode: 'answer', verbatim: moderationMaps },
  ],
  maps: [
    ...moderationMaps,
    'datasource_item',
    'scores',
    'sub_rewards',
    'item',
    'model_grader_token_usage_per_model',
    'sample',
    'state_variables',
    'top_logprobs',
  ],
  notMaps: [
    // Hints of MCP, which come in camelCase, beside the annotations of texts.
    'annotations',
    // The metrics of a fine-tuning job, beside the data of every list.
    'data',
    // "Always an empty object".
    'file_search',
    // Definitions of tools, whose names are the API's.
    'tools',
  ],
  notMapsIn: {
    // What the model was given and gave, an object; the graders' own is one, too, but open.
    getEvalRunOutputItem: ['sample'],
    getEvalRunOutputItems: ['sample'],
  },
}
