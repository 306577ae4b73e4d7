import { TOOL_DURATION, toolAttributes, toolContentAttributes } from './conventions.ts'
import { endSpan, inSpan } from './in-span.ts'
import { type ContentOptions, limitText } from './limit-text.ts'
import { orUndefined } from './or-undefined.ts'
import { createRecorder } from './recorder.ts'
import type { MeterLike, TracerLike } from './types.ts'

/** Stands around each tool that is run. It calls `work` once and gives what that gives. */
export type AroundTool = <T>(
  call: {
    readonly id?: string | undefined
    readonly function: { readonly name: string; readonly arguments: string }
  },
  work: () => Promise<T>,
) => Promise<T>

export interface ToolSpansOptions {
  /** As that of `otel`. */
  readonly tracer: TracerLike
  /** As that of `otel`. @default none: nothing is measured */
  readonly meter?: MeterLike | undefined
  /** Records what the tools are given and give: `{ maxChars: 8192 }`. @default false */
  readonly content?: ContentOptions | false | undefined
}

/**
 * Tells OpenTelemetry of each tool that `runTools` or `streamTools` runs: a span `execute_tool …` around it, the parent of what
 * the tool itself does, and its duration where there is a `meter`. No argument, no result and no message of an error is in it,
 * unless `content` is set. A tool that takes too long ends its span with a `TimeoutError`, although its work may go on.
 *
 * @example
 * const tracer = trace.getTracer('app')
 * await runTools(client, request, { aroundTool: toolSpans({ tracer }) })
 */
export function toolSpans({ tracer, meter, content }: ToolSpansOptions): AroundTool {
  const record = createRecorder(meter)
  return ({ id, function: { name, arguments: input } }, work) => {
    const attributes = toolAttributes(name, id)
    return inSpan(tracer, `execute_tool ${name}`, 0, attributes, async span => {
      const started = performance.now()
      function end(output: unknown, error?: string): void {
        const failed = { 'error.type': error }
        const texts = content
          ? orUndefined(() => {
              const limit = limitText(content)
              return toolContentAttributes(limit(input), error ? undefined : limit(toText(output)))
            })
          : undefined
        endSpan(span, { ...failed, ...texts }, error)
        const { 'gen_ai.tool.name': tool, 'gen_ai.tool.type': type } = attributes
        const about = { 'gen_ai.tool.name': tool, 'gen_ai.tool.type': type, ...failed }
        record(TOOL_DURATION, (performance.now() - started) / 1000, about)
      }
      try {
        const output = await work()
        end(output)
        return output
      } catch (error) {
        // A name of any other form is no class.
        end(undefined, /^\w{1,60}$/.exec(Object(error).name ?? '')?.[0] ?? 'Error')
        throw error
      }
    })
  }
}

function toText(output: unknown): string {
  return typeof output === 'string' ? output : `${JSON.stringify(output)}`
}
