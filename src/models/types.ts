/** @see https://platform.openai.com/docs/api-reference/models/object */
export interface Model {
  id: string
  object: 'model' | (string & {})
  created?: number
  ownedBy?: string
  [key: string]: unknown
}

export interface ModelList {
  object: 'list' | (string & {})
  data: Model[]
  [key: string]: unknown
}
