import type { CallOptions, Client } from '../src/index.ts'
import * as root from '../src/index.ts'
import * as openai from '../src/openai/index.ts'
import * as responses from '../src/responses/index.ts'
import { type Description, readDescription, type Schema } from './description.ts'
import { querySchema, readOperations } from './operations.ts'
import { overrides } from './overrides.ts'
import { type PlannedOperation, withoutStreams, withVerbatim } from './plan.ts'
import { type Spelling, sampleOf } from './sample.ts'
import { createSchemas, type Schemas } from './schemas.ts'

// biome-ignore lint/suspicious/noExplicitAny: called with what the description says
const functions = { ...root, ...openai, ...responses } as any

/** An operation that a function stands for. */
export type Callable = PlannedOperation

/** Calls the package's functions with what the description says. */
export interface Calls {
  readonly description: Description
  readonly schemas: Schemas
  readonly operations: readonly Callable[]
  /** A value for a schema, in one spelling. */
  sample(schema: Schema, operation: Callable, spelling: Spelling): { readonly [name: string]: unknown }
  /** The members of a request that go into its query, and those of its body. */
  request(operation: Callable, spelling: Spelling): { readonly query?: object; readonly body?: object }
  /** Calls the function of an operation with such a request. */
  call(client: Client, operation: Callable, spelling: Spelling, ids: readonly string[]): PromiseLike<unknown>
}

/** A file to upload. */
const file: File = new File(['content'], 'a.bin', { type: 'application/octet-stream' })

/** @param given operations that are left out, by their ids */
export function createCalls(given: readonly string[] = []): Calls {
  const description = withoutStreams(readDescription(), overrides)
  const schemas = createSchemas(description)
  const operations = readOperations(description, schemas, { ...overrides, byHand: given }).map(operation =>
    withVerbatim(operation, schemas, overrides),
  )

  const sample: Calls['sample'] = (schema, { verbatim }, spelling) =>
    sampleOf(schemas, schema, { spelling, verbatim, file }) as { [name: string]: unknown }

  const request: Calls['request'] = (operation, spelling) => {
    const { query, body } = operation
    return {
      ...(query.length && { query: sample(querySchema(query), operation, spelling) }),
      ...(body && { body: sample(body.schemas[0]!, operation, spelling) }),
    }
  }

  return {
    description,
    schemas,
    operations,
    sample,
    request,
    call(client, operation, spelling, ids) {
      const { query, body } = request(operation, spelling)
      const whole = query || body ? [{ ...query, ...body }] : []
      const options: CallOptions = {}
      return functions[operation.name](client, ...ids, ...whole, options)
    },
  }
}
