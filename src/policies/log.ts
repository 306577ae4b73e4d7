import { ignoreErrors } from '../call/ignore-errors.ts'
import { type FetchInit, type FetchPolicy, policy } from '../call/policy.ts'
import { misconfigured } from '../wire/service.ts'
import { type CallReport, observe } from './observe.ts'

/** From which level on lines are logged. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/**
 * `console`, or what has its methods. Each is given a line, which says everything, and its fields as an object; `console` only the
 * line.
 */
export interface Logger {
  debug(line: string, fields?: object): unknown
  info(line: string, fields?: object): unknown
  warn(line: string, fields?: object): unknown
  error(line: string, fields?: object): unknown
}

export interface LogOptions {
  /** What it throws is dropped. @default console */
  readonly logger?: Logger | undefined
  /** The least level that is logged; `'silent'` is above all. @default 'info' */
  readonly level?: LogLevel | undefined
  /**
   * Adds the request's body, the answer (a list of its events for a stream) and the message of an error, which may repeat either.
   * @default false
   */
  readonly content?: boolean | undefined
}

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** Writes JSON, and escapes what it leaves raw and some log viewers obey: line ends of Unicode, and the controls of terminals. */
function toJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** `key=value …`: a value with spaces, quotes or line ends in JSON, so that none can pass for another field or line. */
function toLine(fields: object): string {
  const words = Object.entries(fields).map(([key, value]) => {
    // An answer's own `toString` would throw.
    const text = Object(value) === value ? ' ' : `${value}`
    return `${key}=${/[^\w.:/@+-]/.test(text) ? toJson(value) : text}`
  })
  return ['llmfetch', ...words].join(' ')
}

function levelOf({ outcome, attempts = 1 }: CallReport): 'info' | 'warn' | 'error' {
  if (outcome === 'failed') return 'error'
  return outcome === 'complete' && attempts > 1 ? 'warn' : 'info'
}

/**
 * Logs one line for each call, when its body is at its end: at `info` what went well or was ended by the caller, at `warn` what
 * needed more than one attempt, at `error` what failed. At `debug` there is one more for each attempt and each answer's status.
 *
 * A line holds what a {@link CallReport} holds and no more: never a key, and nothing of a prompt or an answer, unless `content` is
 * set. Place it outermost, where it sees a call as the caller does; inside `retry` it logs each attempt. What is refused before
 * the policies (a request that `validate` finds bad) is thrown to the caller and not logged.
 *
 * Around another client's `fetch` a line has the method's outcome, status and time only: what is in a body is not read.
 *
 * @throws {ConfigurationError} for a level that is none
 * @example
 * const client = createClient({ apiKey, policies: [log({ level: 'warn' }), retry()] })
 */
export function log({ logger = console, level = 'info', content = false }: LogOptions = {}): FetchPolicy {
  const least = LEVELS.indexOf(level)
  if (least < 0) misconfigured(`log: level must be one of ${LEVELS.join(', ')}`)

  function write(at: Exclude<LogLevel, 'silent'>, values: object): void {
    if (LEVELS.indexOf(at) < least) return
    const fields: { [name: string]: unknown } = {}
    for (const [name, value] of Object.entries(values))
      if (value !== undefined) fields[name] = typeof value === 'number' ? Math.round(value) : value
    ignoreErrors(() => {
      const line = toLine(fields)
      // An object would take lines of its own there, and says nothing new.
      return logger === console ? logger[at](line) : logger[at](line, fields)
    })
  }

  return policy('log', async (request, send) => {
    const operation = request.call?.operation ?? 'fetch'
    const values: unknown[] = []
    const sent = content ? request.init : undefined
    return observe(request, send, {
      wantsModel: true,
      onAttempt: attempt => write('debug', { operation, attempt }),
      onStatus: status => write('debug', { operation, status }),
      onValue(value) {
        if (content) values.push(value)
      },
      onEnd(report, _, error) {
        // A line has no place for an object: the two counts stand for it.
        const fields = { ...report, usage: undefined }
        write(levelOf(report), { ...fields, ...(sent && contentOf(sent, values, error)) })
      },
    })
  })
}

function contentOf({ body, call }: FetchInit, values: readonly unknown[], error: unknown): object {
  return {
    request: typeof body === 'string' ? body : undefined,
    answer: call?.stream ? values : values[0],
    message: Object(error).message,
  }
}
