import { abortWith, linked } from '../call/signals.ts'
import { nthOptions } from '../client/nth-options.ts'
import type { CallOptions, Client } from '../client/types.ts'
import { validationError } from '../errors/validation-error.ts'
import { createEmbedding } from './create.ts'
import type { EmbeddingRequest, EmbeddingResponse } from './types.ts'

/** What {@link embedMany} takes: an embedding request with any number of inputs. */
export type EmbedManyRequest = EmbeddingRequest & {
  readonly input: readonly string[] | readonly (readonly number[])[]
}

export interface EmbedManyOptions extends CallOptions {
  /** How many inputs go into one request; services allow from 96 to 2048. @default 100 */
  readonly batchSize?: number | undefined
  /** How many requests are under way at once; a Worker has six connections. @default 4 */
  readonly concurrency?: number | undefined
}

function checkCount(path: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw validationError([{ path, message: 'must be a whole number of at least 1' }])
}

/** Adds the counts of all batches up, as far as the service counts. */
function sumUsage(answers: readonly EmbeddingResponse[]): Pick<EmbeddingResponse, 'usage'> {
  const counts = answers.map(({ usage }) => usage)
  if (!counts.every(usage => usage)) return {}
  const sum = (name: 'promptTokens' | 'totalTokens') =>
    counts.reduce((total, usage) => total + (usage![name] ?? 0), 0)
  return { usage: { ...counts[0], promptTokens: sum('promptTokens'), totalTokens: sum('totalTokens') } }
}

/**
 * Turns any number of texts into vectors: in batches, several at a time, the vectors in the order of the inputs and the usage
 * added up. The first batch that fails ends the others.
 * @throws {ValidationError} for an empty input, or a batch size or concurrency that is no whole number of at least 1
 * @throws {LLMError} what a batch failed with
 * @example
 * const { data } = await embedMany(client, { model: 'text-embedding-3-small', input: texts }, { concurrency: 2 })
 */
export async function embedMany(
  client: Client,
  request: EmbedManyRequest,
  options: EmbedManyOptions = {},
): Promise<EmbeddingResponse> {
  const { batchSize = 100, concurrency = 4, signal, ...call } = options
  const input = request.input as readonly string[]
  checkCount('options.batchSize', batchSize)
  checkCount('options.concurrency', concurrency)
  if (!Array.isArray(input) || !input.length)
    throw validationError([{ path: 'input', message: 'must be a list that is not empty' }])
  const batches = Array.from({ length: Math.ceil(input.length / batchSize) }, (_, index) =>
    input.slice(index * batchSize, (index + 1) * batchSize),
  )
  const answers: EmbeddingResponse[] = []
  const { controller, unlink } = linked(signal)
  let next = 0
  const work = async (): Promise<void> => {
    while (next < batches.length) {
      const index = next++
      const body = { ...request, input: batches[index]! }
      answers[index] = await createEmbedding(client, body, {
        ...nthOptions(call, index),
        signal: controller.signal,
      })
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, batches.length) }, work))
  } catch (error) {
    next = batches.length
    abortWith(controller, error)
    throw error
  } finally {
    unlink()
  }
  const data = answers.flatMap(answer => answer.data).map((item, index) => ({ ...item, index }))
  return { ...answers[0]!, data, ...sumUsage(answers) }
}
