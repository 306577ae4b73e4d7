import type { ContentPart } from '../chat/shapes.ts'

/** Where the content is. A symbol, because an output with any other member is data. */
export const CONTENT: unique symbol = /* @__PURE__ */ Symbol.for('llmfetch.content')

/** An output that is not to be told as JSON; see {@link toolContent}. */
export interface ToolContent {
  readonly parts: readonly ContentPart[]
  readonly [CONTENT]: { readonly text: string; readonly attachments: readonly ContentPart[] | undefined }
}

/**
 * An output of a tool that shows the model pictures, sounds or files. Services take nothing but text in a tool's message, so
 * these follow in a user message behind the answers to all calls of the step.
 * @example
 * tool({ name: 'screenshot', execute: async () => toolContent([{ type: 'image_url', imageUrl: { url: await capture() } }]) })
 */
export function toolContent(parts: readonly ContentPart[]): ToolContent {
  const texts = parts.map(({ type, text }: { readonly type: string; readonly text?: unknown }) =>
    type === 'text' ? String(text) : `(${type} follows)`,
  )
  const attachments = parts.filter(({ type }) => type !== 'text')
  return {
    parts,
    [CONTENT]: { text: texts.join('\n'), attachments: attachments.length ? attachments : undefined },
  }
}
