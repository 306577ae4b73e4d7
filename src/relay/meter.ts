import { BROKEN_OFF } from '../wire/broken-off.ts'
import { cleanError } from './upstream-failure.ts'

/** Counts of tokens as a service sends them. */
export type WireUsage = { readonly [name: string]: unknown }

/** What is known of an answer so far. */
export interface Meter {
  /** Reads one block of a stream. Returns what is passed on: the same text, a clean error, or nothing. */
  take(block: string): string | undefined
  /**
   * Reads a whole answer. Returns what is passed on.
   *
   * @param isJson whether anything else than JSON is a failure
   */
  takeWhole(text: string, isJson: boolean): string
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
  return /(^|[\r\n])data:/.test(block)
}

/** What a guess makes of a text: some languages need a token for three bytes. */
export function guessTokens(bytes: number): number {
  return Math.ceil(bytes / 3)
}

/** In the text of an answer each quote is escaped, so that these are found only in the JSON itself; U+2028 is no end of a line here. */
const WHOLE =
  /(^|[\r\n])data: ?\[DONE\]|"finish_reason"\s*:\s*"|"type"\s*:\s*"response\.(completed|incomplete|failed)"/
const FAILURE = /"error"\s*:\s*(?!null|false)\S|"(type|object)"\s*:\s*"error"/
const NAMED = /(^|[\r\n])event: ?error/
/** A reason that is none to end by; a client throws it. */
const BROKEN = /* @__PURE__ */ new RegExp(`"finish_reason"\\s*:\\s*"${BROKEN_OFF.source.slice(1, -1)}"`, 'i')
/** How services tell of a failure by other names, where no answer stands beside it. */
const TOLD = /"(detail|msg|message)"\s*:\s*"|"(errors|base_resp)"\s*:/
const ANSWER = /"(choices|object|output)"\s*:|"type"\s*:\s*"response\./
/** Lines outside of the framing that hold an error: a backend's bare JSON, llama.cpp's field. */
const STRAY = /(^|[\r\n])(\{|error:)/
/** A line that is no field of an event stream: no reader of one sees it, but a visitor may. */
const FOREIGN = /[\r\n]+(?!(data|event|id|retry)?([:\r\n]|$))[^\r\n]*/g
const USAGE = /"usage"\s*:\s*\{/

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

function dataOf(block: string): string {
  return Array.from(block.matchAll(/(^|[\r\n])data: ?([^\r\n]*)/g), ([, , line]) => line).join('\n')
}

function withCleanErrors(json: object): string {
  return JSON.stringify(json, (name, value) => (name === 'error' && value ? cleanError(value) : value))
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

  /** Tells whether all of a text is about a failure. */
  function isTold(text: string): boolean {
    return NAMED.test(text) || (endsByItself && !ANSWER.test(text) && TOLD.test(text))
  }

  function isFailing(text: string): boolean {
    return FAILURE.test(text) || BROKEN.test(text) || isTold(text)
  }

  function read(text: string) {
    const json = Object(JSON.parse(text))
    usage = json.usage ?? json.x_groq?.usage ?? json.response?.usage ?? usage
    return json
  }

  /** Makes the errors in a text anew. One that cannot be read tells of a failure whose words are not to be told, whatever they are. */
  function failureIn(text: string, isError = isTold(text)): string {
    hasFailed = true
    try {
      const json = read(text)
      // What stands beside an error tells of it, too, whatever its name.
      const isAll = isError || json.error || json.type === 'error' || json.object === 'error'
      return withCleanErrors(isAll ? { error: { ...json, ...json.error } } : json)
    } catch {
      return withCleanErrors({ error: {} })
    }
  }

  return {
    take(given) {
      const block = `\n${given}`.replace(FOREIGN, '').trimStart()
      if (!isEvent(given)) {
        // An answer that is no stream, or a text at a path of the owner's own.
        if (ANSWER.test(given) && !isFailing(given)) return given
        if (STRAY.test(given)) return `data: ${failureIn(given, true)}\n\n`
        return endsByItself ? block : given
      }
      events++
      isWhole ||= WHOLE.test(block)
      if (isFailing(block)) {
        const [, , name] = /(^|[\r\n])(event: ?[\w.]*)/.exec(block) ?? []
        return `${name ? `${name}\n` : ''}data: ${failureIn(dataOf(block), isTold(block))}\n\n`
      }
      try {
        if (USAGE.test(block) && read(dataOf(block)).choices?.length === 0 && hidesUsage) return undefined
      } catch {
        // Broken JSON is passed on, for its reader to tell of.
      }
      return block
    },
    takeWhole(text, isJson) {
      isWhole = true
      if (endsByItself) events = guessTokens(text.length)
      try {
        if (!isFailing(text) && read(text)) return text
      } catch {
        if (!isJson) return text
      }
      return failureIn(text)
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
