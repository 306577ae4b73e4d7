/** What is used of a Durable Object's state: `DurableObjectState` of Workers' types fits. */
export interface ObjectState {
  waitUntil(work: Promise<unknown>): void
  readonly storage: ObjectStorage
}

/** What is used of a Durable Object's storage, which must be of the SQLite kind. */
export interface ObjectStorage {
  readonly sql: {
    // biome-ignore lint/suspicious/noExplicitAny: rows of any shape, as Workers' own types have them
    exec(query: string, ...values: any[]): { toArray(): any[] }
  }
}
