import type { CallOptions, Client, ResultPromise } from '../client/client.ts'
import { readJson } from '../client/read-json.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import type { EmbeddingRequest, EmbeddingResponse } from './types.ts'

/** The numbers of a vector that travelled as base64: little-endian 32-bit floats. */
function decode(base64: string): number[] {
  const bytes = Uint8Array.from(atob(base64), char => char.charCodeAt(0))
  const view = new DataView(bytes.buffer)
  return Array.from({ length: Math.ceil(bytes.length / 4) }, (_, place) => view.getFloat32(place * 4, true))
}

/**
 * Turns texts into vectors: `POST /embeddings`. The vectors come in the order of the inputs, as numbers, however they travelled.
 *
 * @throws {ValidationError} for a request that cannot be sent, or that the service finds bad
 * @throws {ProtocolError} where there is not one vector for each input
 * @see https://platform.openai.com/docs/api-reference/embeddings/create
 */
export function createEmbedding(
  client: Client,
  request: EmbeddingRequest,
  options?: CallOptions,
): ResultPromise<EmbeddingResponse> {
  // A request that is none is told of by the client.
  const { encoding_format: format } = Object(request) as EmbeddingRequest
  return client.request<EmbeddingResponse>(
    {
      name: 'createEmbedding',
      path: () => '/embeddings',
      body: format || !request ? request : { encodingFormat: 'float', ...request },
      async read(response, context) {
        const answer = await readJson<EmbeddingResponse>(response, context, 'data')
        const { data } = answer.data
        const { input } = JSON.parse(`${context.body}`) as EmbeddingRequest
        const expected = Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1
        try {
          for (const item of data)
            if (typeof item.embedding === 'string') item.embedding = decode(item.embedding)
        } catch (cause) {
          throw new ProtocolError('A vector is not base64 of 32-bit floats', { cause })
        }
        data.sort((a, b) => a.index - b.index)
        if (data.length !== expected || data.some(({ index = -1 }, place) => index !== place && index >= 0))
          throw new ProtocolError(`Expected a vector for each of ${expected} inputs`)
        return answer
      },
    },
    options,
  )
}
