import { cleanError } from './upstream-failure.ts'

/** Counts of tokens as a service sends them. */
export type WireUsage = { readonly [name: string]: unknown }

/** What is known of an answer so far. */
export interface Meter {
  /** Reads one block of a stream. Returns what is passed on: the same text, a clean error, or nothing. */
  take(block: string): string | undefined
  /** Reads a whole answer. Returns what is passed on. */
  takeWhole(text: string): string
  readonly usage: WireUsage | undefined
  /** Events with data, a token each or nearly so; of a whole answer a guess. */
  readonly events: number
  /** Whether the answer has come to an end of its own. */
  readonly isWhole: boolean
  /** Whether it has told of a failure. */
  readonly hasFailed: boolean
}

/** Tells whether a block of an event stream holds an event, and not just a comment. */
export function isEvent(block: string): boolean {
  return /(^|[\r\n])data/.test(block)
}

/** What a guess makes of a text: some languages need a token for three bytes. */
export function guessTokens(bytes: number): number {
  return Math.ceil(bytes / 3)
}

/** In the text of an answer each quote is escaped, so that these are found only in the JSON itself; U+2028 is no end of a line here. */
const WHOLE =
  /(^|[\r\n])data: ?\[DONE\]|"finish_reason"\s*:\s*"|"type"\s*:\s*"response\.(completed|incomplete|failed)"/
const FAILURE = /"error"\s*:\s*(?!null)[^\s]|"(type|object)"\s*:\s*"error"|(^|[\r\n])event: ?error/
/** How services tell of a failure by other names, where no answer stands beside it. */
const TOLD = /"(detail|msg|message)"\s*:\s*"|"(errors|base_resp)"\s*:/
const ANSWER = /"(choices|object|output)"\s*:|"type"\s*:\s*"response\./
/** Lines outside of the framing that hold an error: a backend's bare JSON, llama.cpp's field. */
const STRAY = /(^|[\r\n])(\{|error:)/
const USAGE = /"usage"\s*:\s*\{/

function usageIn(json: unknown): WireUsage | undefined {
  const { usage, x_groq, response } = Object(json)
  return usage ?? x_groq?.usage ?? response?.usage ?? undefined
}

/** How many tokens some counts add up to, whatever the API calls them. */
export function totalOf(usage: WireUsage | undefined): number | undefined {
  const {
    total_tokens,
    prompt_tokens = 0,
    completion_tokens = 0,
    input_tokens = 0,
    output_tokens = 0,
  } = Object(usage)
  // Some services tell them as texts, or no total.
  const total = +(total_tokens || +prompt_tokens + +completion_tokens + +input_tokens + +output_tokens)
  return total > 0 && total < 1e12 ? Math.ceil(total) : undefined
}

function withCleanErrors(text: string): string {
  const json = JSON.parse(text, (name, value) => (name === 'error' && value ? cleanError(value) : value))
  const { type, object, message, msg, detail, errors, base_resp } = Object(json)
  // Words that stand beside an error tell of it, too.
  const hasWords = !!(message ?? msg ?? detail ?? errors ?? base_resp) && !ANSWER.test(text)
  const isError = type === 'error' || object === 'error' || hasWords
  return JSON.stringify(isError ? { error: cleanError(json) } : json)
}

/**
 * Follows an answer while it passes. Most events are only searched, as parsing each would cost more than passing it on.
 *
 * @param hidesUsage whether the event of the counts alone is not what the visitor asked for: its `choices` are empty, which
 * breaks many a program
 * @param endsByItself whether this kind of answer tells its end
 */
export function createMeter(hidesUsage: boolean, endsByItself: boolean): Meter {
  let usage: WireUsage | undefined
  let events = 0
  let isWhole = !endsByItself
  let hasFailed = false

  function isFailing(text: string): boolean {
    return FAILURE.test(text) || (endsByItself && !ANSWER.test(text) && TOLD.test(text))
  }

  /** Stands for a failure whose words are not to be told, whatever they are. */
  function failureOf(): string {
    hasFailed = true
    return JSON.stringify({ error: cleanError('') })
  }

  function readUsage(data: string): boolean {
    const json = JSON.parse(data)
    usage = usageIn(json) ?? usage
    return hidesUsage && Array.isArray(json.choices) && !json.choices.length
  }

  return {
    take(block) {
      if (!isEvent(block))
        return STRAY.test(block) && !ANSWER.test(block) ? `data: ${failureOf()}\n\n` : block
      events++
      isWhole ||= WHOLE.test(block)
      const isFailure = isFailing(block)
      if (!isFailure && !USAGE.test(block)) return block
      const data = Array.from(block.matchAll(/(?:^|[\r\n])data: ?([^\r\n]*)/g), ([, line]) => line).join('\n')
      try {
        if (USAGE.test(data) && readUsage(data)) return undefined
        if (!isFailure) return block
        hasFailed = true
        const [, name] = /(?:^|[\r\n])(event: ?[\w.]*)/.exec(block) ?? []
        return `${name ? `${name}\n` : ''}data: ${withCleanErrors(data)}\n\n`
      } catch {
        // Broken JSON is passed on, for its reader to tell of; not where it tells of a failure in words of its own.
        return isFailure ? `data: ${failureOf()}\n\n` : block
      }
    },
    takeWhole(text) {
      isWhole = true
      if (endsByItself) events = guessTokens(text.length)
      try {
        readUsage(text)
        if (!isFailing(text)) return text
        hasFailed = true
        return withCleanErrors(text)
      } catch {
        return failureOf()
      }
    },
    get usage() {
      return usage
    },
    get events() {
      return events
    },
    get isWhole() {
      return isWhole
    },
    get hasFailed() {
      return hasFailed
    },
  }
}
