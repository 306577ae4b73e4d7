import { routeOf, toForm, toQuery } from './parts.ts'
import type { CallOptions, Client, Operation, ResultPromise } from './types.ts'

/** How an endpoint's answer is read; see {@link Operation}. */
export type EndpointRules<Result> = Pick<
  Operation<Result>,
  'list' | 'ownError' | 'verbatim' | 'decode' | 'read' | 'stream'
>

/** What an endpoint function takes after the client: the parts of its path, its request where it has one, the options. */
// biome-ignore lint/suspicious/noConfusingVoidType: `void` is what an endpoint without a request is given
type EndpointArguments<Request, Parts extends readonly string[]> = [Request] extends [void]
  ? [...parts: Parts, options?: CallOptions]
  : object extends Request
    ? [...parts: Parts, request?: Request, options?: CallOptions]
    : [...parts: Parts, request: Request, options?: CallOptions]

/** A function that asks a service for one thing. */
export type Endpoint<Request, Result, Parts extends readonly string[] = []> = (
  client: Client,
  ...parameters: EndpointArguments<Request, Parts>
) => ResultPromise<Result>

/**
 * Makes an endpoint function, ours and a user's own alike: with limits, typed errors, renaming, retries and cache.
 *
 * The route names the method and the path, and where the request goes: `body` (as JSON; the default of POST, PUT and PATCH),
 * `query`, `form` (multipart) or `none` (the default of all others). Each `{…}` in the path is an argument of its own.
 * @example
 * const rerank = endpoint<
 *   { model: string; query: string; documents: string[] },
 *   { results: { index: number; relevanceScore: number }[] }
 * >('rerank', 'POST /rerank', { list: 'results' })
 * const { results } = await rerank(client, { model, query, documents })
 *
 * const generation = endpoint<{ id: string }, { data: { totalCost: number } }>('generation', 'GET /generation query')
 * const cancelBatch = endpoint<void, { id: string; status: string }, [batchId: string]>(
 *   'cancelBatch', 'POST /batches/{batchId}/cancel none',
 * )
 */
/* @__NO_SIDE_EFFECTS__ */
export function endpoint<Request, Result, Parts extends readonly string[] = []>(
  name: string,
  route: `${Uppercase<string>} /${string}`,
  rules?: EndpointRules<Result>,
): Endpoint<Request, Result, Parts> {
  const [method, path, goesTo = /^P/.test(method!) ? 'body' : 'none'] = route.split(' ')
  const count = path!.split('{').length - 1
  return (client, ...parameters) => {
    const rest = parameters.slice(count) as unknown[]
    const request = goesTo === 'none' ? undefined : rest.shift()
    const options = rest[0] as CallOptions | undefined
    const build = (): Operation<Result> => ({
      ...rules,
      name,
      route: `${method} ${routeOf(path!, parameters)}`,
      ...(goesTo === 'body' && { body: request }),
      ...(goesTo === 'query' && { query: toQuery(request as object) }),
      ...(goesTo === 'form' && { form: toForm(request as object, options) }),
    })
    return client.request(build, options)
  }
}
