import { hash } from './hash.ts'
import type { JsonObject } from './json.ts'
import { tokenize } from './text.ts'

/** The log probabilities of a text's tokens, each with its `top` likeliest alternatives, itself the first. */
export function logprobsOf(text: string, top: number): JsonObject[] {
  return tokenize(text).map(token => describe(token, top))
}

const OTHERS = 'a all and but each if in it many no not of one or so some the then to two yes'.split(' ')

function describe(token: string, top: number): JsonObject {
  // The alternatives share what the token leaves, each half as likely as the one before, so that all come to less than 1.
  const likely = 0.5 + (hash(token) % 499) / 1000
  const space = /^\s*/.exec(token)?.[0] ?? ''
  const others = OTHERS.map(word => space + word).filter(other => other !== token)
  const alternatives = [token, ...others].slice(0, top)
  const own = entry(token, likely)
  return {
    ...own,
    top_logprobs: alternatives.map((other, i) => (i === 0 ? own : entry(other, (1 - likely) / 2 ** i))),
  }
}

function entry(token: string, probability: number): JsonObject {
  return {
    token,
    logprob: Number(Math.log(probability).toFixed(6)),
    bytes: [...new TextEncoder().encode(token)],
  }
}
