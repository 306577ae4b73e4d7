import type { ContentPart } from '../chat/shapes.ts'

/** A part of what an MCP tool answers: text, image, audio, resource, resource_link, and what there may be one day. */
export interface McpContent {
  readonly type: string
  readonly [key: string]: unknown
}

/** What is read of a part. */
interface Fields {
  readonly type: string
  readonly text?: string
  readonly data?: string
  readonly blob?: string
  readonly mimeType?: string
  readonly uri?: string
  readonly name?: string
  readonly resource?: Omit<Fields, 'type'>
}

/** Sounds that chat services take. */
const FORMATS: { readonly [mimeType: string]: string } = {
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
}

function toText(text: string): ContentPart {
  return { type: 'text', text }
}

function toData(data: string, mimeType: string, name: string): ContentPart {
  const url = `data:${mimeType};base64,${data}`
  const format = Object.hasOwn(FORMATS, mimeType) && FORMATS[mimeType]
  // No service takes a drawing of vectors, and one refused picture ends the run.
  if (/^image\/(?!svg)/.test(mimeType)) return { type: 'image_url', imageUrl: { url } }
  if (format) return { type: 'input_audio', inputAudio: { data, format } }
  if (mimeType === 'application/pdf') return { type: 'file', file: { filename: name, fileData: url } }
  return toText(`(${mimeType} of ${Math.floor(data.length * 0.75)} bytes, which cannot be shown)`)
}

function toPart(content: McpContent): ContentPart {
  const { type, resource, ...own } = content as Fields
  const { text, data, blob = data, mimeType = 'application/octet-stream', uri, name = uri } = resource ?? own
  if (text !== undefined) return toText(resource && uri ? `${uri}:\n${text}` : text)
  if (blob !== undefined) return toData(blob, mimeType, name ?? type)
  if (uri !== undefined) return toText(name === uri ? uri : `${name}: ${uri}`)
  return toText(JSON.stringify(content))
}

/** What an MCP server answers, as parts of a chat message. What no part can hold is said in words. */
export function toParts(content: readonly McpContent[]): ContentPart[] {
  return content.map(toPart)
}
