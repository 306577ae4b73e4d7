import OpenAI from 'openai'

/** A method of the official package that asks for one operation. */
export interface OfficialMethod {
  /** The way to it from the client: `batches.cancel`. */
  readonly name: string
  /** The method and the path, each part of it as `{}`. */
  readonly route: string
  /** Calls it. `request` is given as it is on the wire. */
  call(
    ids: readonly string[],
    request: { readonly query?: object; readonly body?: object },
  ): PromiseLike<unknown>
}

type Method = (...rest: unknown[]) => PromiseLike<unknown>

/** `threadID` and `thread_id` are the same. */
const plain = (name: string) => name.replaceAll('_', '').toLowerCase()

/** Reads from a method's own text what it asks for, and in which order it takes the parts of the path. */
function readMethod(name: string, method: Method, self: object): OfficialMethod | undefined {
  const text = method.toString()
  const asked =
    /_client\s*\.(post|get|delete|getAPIList)\((?:\(0, \w+\.path\)|path)?\s*[`']([^`']+)[`']/.exec(text)
  const taken = /^(?:async )?\w+\(([^)]*)\)/.exec(text)?.[1]
  if (!asked || taken === undefined) return undefined
  const path = asked[2]!
  const isPost = asked[1] === 'post' || /method: 'post'/.test(text)
  const verb = isPost ? 'POST' : asked[1] === 'delete' ? 'DELETE' : 'GET'
  const parts = Array.from(path.matchAll(/\$\{(\w+)\}/g), ([, part]) => part!)
  const parameters = taken.split(',').map(parameter => parameter.trim().split(' ')[0]!)
  return {
    name,
    route: `${verb} ${path.replace(/\$\{\w+\}/g, '{}')}`,
    call(ids, { query, body }) {
      const named = Object.fromEntries(parts.map((part, index) => [part, ids[index]]))
      const positional = (part: string) => parameters.some(parameter => plain(parameter) === plain(part))
      const others = Object.fromEntries(Object.entries(named).filter(([part]) => !positional(part)))
      const given = parameters
        .filter(parameter => parameter !== 'options')
        .map(parameter => {
          const part = parts.find(one => plain(one) === plain(parameter))
          return part ? named[part] : { ...others, ...query, ...body }
        })
      return method.call(self, ...given)
    },
  }
}

/** Finds all methods of the official package's resources. */
export function readOfficialPackage(fetch: typeof globalThis.fetch): readonly OfficialMethod[] {
  const client = new OpenAI({
    apiKey: 'sk-official',
    adminAPIKey: 'sk-admin',
    baseURL: 'https://api.test/v1',
    fetch,
    maxRetries: 0,
  })
  const found: OfficialMethod[] = []
  const seen = new Set<object>()

  function walk(resource: object, way: string): void {
    if (seen.has(resource)) return
    seen.add(resource)
    const prototype = Object.getPrototypeOf(resource)
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const { value } = Object.getOwnPropertyDescriptor(prototype, name)!
      const method =
        name !== 'constructor' && typeof value === 'function' && readMethod(`${way}.${name}`, value, resource)
      if (method) found.push(method)
    }
    for (const [name, inner] of Object.entries(resource)) if (isResource(inner)) walk(inner, `${way}.${name}`)
  }

  for (const [name, resource] of Object.entries(client)) if (isResource(resource)) walk(resource, name)
  // The one that hands its work to a function.
  const embed: OfficialMethod['call'] = (_, { body }) =>
    client.embeddings.create(body as OpenAI.EmbeddingCreateParams)
  return [...found, { name: 'embeddings.create', route: 'POST /embeddings', call: embed }]
}

function isResource(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && '_client' in value && value.constructor.name !== 'Object'
  )
}
