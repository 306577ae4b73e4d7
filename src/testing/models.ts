import { decodeSegment } from './decode-segment.ts'
import type { JsonObject } from './json.ts'
import { type Answer, jsonAnswer } from './parts.ts'
import type { Call } from './route.ts'
import { ServiceError } from './service-error.ts'

/** Answers with the list of the models. */
export function answerModels({ models }: Call): Answer {
  return jsonAnswer(200, { object: 'list', data: models.map(describe) })
}

/** Answers with one model. */
export function answerModel({ params: [id = ''], models }: Call): Answer {
  const decoded = decodeSegment(id)
  checkModel(decoded, models)
  return jsonAnswer(200, describe(decoded))
}

/** Throws the service's 404 for a model that there is not. */
export function checkModel(id: string, models: readonly string[]): void {
  if (models.includes(id)) return
  const message = `The model '${id}' does not exist or you do not have access to it.`
  throw new ServiceError(404, message, { param: 'model', code: 'model_not_found' })
}

function describe(id: string): JsonObject {
  return { id, object: 'model', created: 1_700_000_000, owned_by: 'llmfetch-testing' }
}
