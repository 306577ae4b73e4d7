import type { Open, VendorFields } from '../client/shapes.ts'

/** @see https://platform.openai.com/docs/api-reference/models/object */
export interface Model extends VendorFields {
  id: string
  object: Open<'model'>
  created?: number
  ownedBy?: string
}

export interface ModelList extends VendorFields {
  object: Open<'list'>
  data: Model[]
}
