/** How many bytes are made a text at once: more arguments than this overflow the stack of some engines. */
const CHUNK = 8192

/**
 * Makes a data URL of a file, for an image or file part of a message.
 * @param file a `Blob`, a `File`, or bytes
 * @param type the media type. @default that of the file, else 'application/octet-stream'
 * @see https://www.rfc-editor.org/rfc/rfc2397
 * @example
 * const url = await toDataURL(input.files[0])
 * const content = [{ type: 'text', text: 'What is this?' }, { type: 'image_url', imageUrl: { url } }]
 */
export async function toDataURL(file: Blob | ArrayBuffer | ArrayBufferView, type?: string): Promise<string> {
  const blob = file instanceof Blob ? file : new Blob([file as BlobPart])
  const bytes = new Uint8Array(await blob.arrayBuffer())
  let binary = ''
  for (let start = 0; start < bytes.length; start += CHUNK)
    binary += String.fromCharCode(...bytes.subarray(start, start + CHUNK))
  return `data:${type || blob.type || 'application/octet-stream'};base64,${btoa(binary)}`
}
