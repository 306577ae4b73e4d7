import { toForm } from '../client/parts.ts'
import type { CallOptions, Operation } from '../client/types.ts'

/** Carries a request as a form where it has something to upload, else as JSON: for operations that take both. */
export function formOrBody(
  request: object,
  options?: CallOptions,
): Pick<Operation<unknown>, 'form'> | Pick<Operation<unknown>, 'body'> {
  const isFile = (value: unknown) =>
    value instanceof Blob || value instanceof ArrayBuffer || ArrayBuffer.isView(value)
  const hasFile = Object.values(request).some(value => [value].flat().some(isFile))
  return hasFile ? { form: toForm(request, options) } : { body: request }
}
