import type { CallOptions, Client, DecodeContext, ResultPromise } from '../client/types.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import type { EmbeddingRequest, EmbeddingResponse } from './types.ts'

/** Reads the numbers of a vector that travelled as base64: little-endian 32-bit floats. */
function decodeVector(base64: string): number[] {
  const bytes = Uint8Array.from(atob(base64), char => char.charCodeAt(0))
  const view = new DataView(bytes.buffer)
  return Array.from({ length: Math.ceil(bytes.length / 4) }, (_, index) => view.getFloat32(index * 4, true))
}

function isVector(value: unknown, isPacked: boolean): boolean {
  if (isPacked && typeof value === 'string') return true
  return Array.isArray(value) && value.every(number => typeof number === 'number')
}

/** Puts the vectors in the order of the inputs, as numbers, and sees that there is one for each. */
function readEmbeddings(json: unknown, { body }: DecodeContext): EmbeddingResponse {
  const answer = json as EmbeddingResponse
  const { data } = Object(answer) as EmbeddingResponse
  if (!Array.isArray(data)) return answer
  const { input, output_dtype: dtype } = JSON.parse(body as string) as EmbeddingRequest
  const expected = Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1
  try {
    // Numbers of another width are left packed: as floats they would be wrong in silence.
    for (const item of dtype ? [] : data)
      if (typeof item.embedding === 'string') item.embedding = decodeVector(item.embedding)
  } catch (cause) {
    throw new ProtocolError('A vector is not base64 of 32-bit floats', { cause })
  }
  const hasIndex = data.every(item => Number.isInteger(item?.index))
  if (hasIndex) data.sort((a, b) => a.index - b.index)
  const isWhole = data.every(
    (item, index) => isVector(item?.embedding, !!dtype) && (item.index === index || item.index == null),
  )
  if (data.length !== expected || !isWhole)
    throw new ProtocolError(`Expected a vector for each of ${expected} inputs`)
  return answer
}

/**
 * Turns texts into vectors: `POST /embeddings`. The vectors come in the order of the inputs, as numbers, however they travelled.
 * @throws {ValidationError} for a request that cannot be sent, or that the service finds bad
 * @throws {ProtocolError} where there is not one vector for each input
 * @see https://platform.openai.com/docs/api-reference/embeddings/create
 * @example
 * const { data } = await createEmbedding(client, { model: 'text-embedding-3-small', input: ['one', 'two'] })
 * data[1].embedding
 */
export function createEmbedding(
  client: Client,
  request: EmbeddingRequest,
  options?: CallOptions,
): ResultPromise<EmbeddingResponse> {
  return client.request<EmbeddingResponse>(
    {
      name: 'createEmbedding',
      route: 'POST /embeddings',
      body: request,
      list: 'data',
      decode: readEmbeddings,
    },
    options,
  )
}
