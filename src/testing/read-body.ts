import { isObject, type JsonObject } from './json.ts'
import { checkModel } from './models.ts'
import type { Call } from './route.ts'
import { refuse } from './service-error.ts'

/** The JSON body of a request to a model. Throws the service's 400 and 404 for what is no such body. */
export function readBody({ request: { body }, models }: Call): JsonObject {
  if (!isObject(body)) refuse('We could not parse the JSON body of your request.', 'body', 'invalid_json')
  // Only a client that does not speak the wire's names sends such a name.
  const name = Object.keys(body).find(key => /^[a-z][a-z0-9]*[A-Z]/.test(key))
  if (name !== undefined) {
    refuse(`Unrecognized request argument supplied: ${name}`, name, 'unknown_parameter')
  }
  if (typeof body.model !== 'string' || body.model === '') {
    refuse("Missing required parameter: 'model'.", 'model', 'missing_required_parameter')
  }
  checkModel(body.model, models)
  return body
}
