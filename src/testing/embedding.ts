import { toBase64 } from './base64.ts'
import { hash } from './hash.ts'
import { type Answer, jsonAnswer } from './parts.ts'
import { readBody } from './read-body.ts'
import type { Call } from './route.ts'
import { refuse } from './service-error.ts'
import { countTokens, keywordsOf, wordsOf } from './text.ts'

const MAX_DIMENSIONS = 8192
const MAX_INPUTS = 2048

/** Answers with embeddings: the same text, the same vector; texts that share words, nearer vectors. */
export function answerEmbeddings(call: Call): Answer {
  const request = readBody(call)
  const inputs = readInputs(request.input)
  const dimensions = request.dimensions ?? 64
  if (!Number.isInteger(dimensions) || Number(dimensions) < 1 || Number(dimensions) > MAX_DIMENSIONS) {
    refuse(`Invalid 'dimensions': expected an integer from 1 to ${MAX_DIMENSIONS}.`, 'dimensions')
  }
  const format = request.encoding_format ?? 'float'
  if (format !== 'float' && format !== 'base64') {
    refuse("Invalid 'encoding_format': expected 'float' or 'base64'.", 'encoding_format')
  }
  const tokens = inputs.reduce((sum, input) => sum + input.tokens, 0)
  return jsonAnswer(200, {
    object: 'list',
    data: inputs.map(({ features }, index) => {
      const vector = embed(features, Number(dimensions))
      return { object: 'embedding', index, embedding: format === 'base64' ? pack(vector) : [...vector] }
    }),
    model: request.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  })
}

interface Input {
  tokens: number
  /** What the text is made of, with the weight of each. */
  features: [feature: string, weight: number][]
}

function readInputs(input: unknown): Input[] {
  if (input === undefined || input === null) {
    refuse("Missing required parameter: 'input'.", 'input', 'missing_required_parameter')
  }
  if (typeof input === 'string' || isTokens(input)) return [readInput(input)]
  if (!Array.isArray(input) || input.length === 0 || input.length > MAX_INPUTS) {
    refuse(`Invalid 'input': expected a string or a list of 1 to ${MAX_INPUTS} strings.`, 'input')
  }
  if (!input.every(item => typeof item === typeof input[0])) refuse("Invalid 'input': mixed types.", 'input')
  return input.map(readInput)
}

function isTokens(input: unknown): input is number[] {
  return Array.isArray(input) && input.length > 0 && input.every(id => Number.isInteger(id) && id >= 0)
}

function readInput(input: unknown): Input {
  if (input === '') refuse("Invalid 'input': input cannot be an empty string.", 'input')
  if (typeof input === 'string') return { tokens: countTokens(input), features: textFeatures(input) }
  if (!isTokens(input)) refuse("Invalid 'input': expected strings or lists of token ids.", 'input')
  return { tokens: input.length, features: input.map(id => [`#${id}`, 1]) }
}

function textFeatures(text: string): Input['features'] {
  const features: Input['features'] = keywordsOf(text).map(word => [`word ${word}`, 1])
  for (const word of wordsOf(text)) features.push([`any ${word.toLowerCase()}`, 0.2])
  const characters = [...` ${text.toLowerCase().replace(/\s+/g, ' ').trim()} `]
  for (let i = 0; i + 3 <= characters.length; i++) {
    features.push([`part ${characters.slice(i, i + 3).join('')}`, 0.15])
  }
  return features
}

/** Adds up the features, each at a place and with a sign of its hash, and scales the sum to length 1. */
function embed(features: Input['features'], dimensions: number): Float32Array {
  const sum = new Float64Array(dimensions)
  for (const [feature, weight] of features) {
    const place = hash(feature)
    const at = place % dimensions
    sum[at] = (sum[at] ?? 0) + (hash(feature, 1) & 1 ? weight : -weight)
  }
  const length = Math.hypot(...sum)
  // Features that cancel out leave no direction, and a vector without one would make a similarity NaN.
  if (length === 0) return Float32Array.from({ length: dimensions }, (_, i) => (i === 0 ? 1 : 0))
  return Float32Array.from(sum, value => value / length)
}

/** Packs numbers as the service sends them: little-endian 32-bit floats in base64. */
function pack(vector: Float32Array): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4))
  vector.forEach((value, i) => {
    view.setFloat32(i * 4, value, true)
  })
  return toBase64(new Uint8Array(view.buffer))
}
