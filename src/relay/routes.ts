import { Refusal } from './refusal.ts'
import type { RelayOptions, RelayUser } from './types.ts'

const DEFAULT_PATHS = ['/chat/completions', '/responses', '/embeddings', '/models']

/** What a path means. */
export interface Route {
  /** One of the relay's own list: nothing of a visitor's path goes to the service. */
  readonly path: string
  /** The member that limits the answer, where the answer costs tokens. */
  readonly tokenField: string | undefined
  /** Whether its streams are those of chat: with `stream_options`, and a reason at the end. */
  readonly isChat: boolean
  /** Whether its streams tell that they are whole. */
  readonly tellsEnd: boolean
  /** Whether its whole answers are known to be JSON. At a path of the owner's own they may be any text. */
  readonly isJson: boolean
}

/** Finds the path of the list that a request's own ends with; the longest, so that no other can stand in its place. */
export function findRoute(
  url: URL,
  {
    paths = DEFAULT_PATHS,
    baseUrl,
    tokenField,
  }: Pick<RelayOptions<RelayUser>, 'paths' | 'baseUrl' | 'tokenField'>,
): Route {
  const [path] = paths.filter(path => url.pathname.endsWith(path)).sort((a, b) => b.length - a.length)
  if (path === undefined)
    throw new Refusal(404, 'unknown_path', `There is no such path here: only ${paths.join(', ')}`)
  const isChat = /\/completions$/.test(path)
  const isResponses = path === '/responses'
  // OpenAI's newer models refuse the old name, and most other services know no other.
  const isOpenAI = /\.openai\.|\.azure\./.test(`.${new URL(baseUrl).hostname}`)
  const chatField = tokenField ?? (isOpenAI ? 'max_completion_tokens' : 'max_tokens')
  return {
    path,
    isChat,
    tokenField:
      path === '/chat/completions'
        ? chatField
        : isChat
          ? 'max_tokens'
          : isResponses
            ? 'max_output_tokens'
            : undefined,
    tellsEnd: isChat || isResponses,
    isJson: isChat || DEFAULT_PATHS.includes(path),
  }
}
