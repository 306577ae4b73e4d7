import type { TestProject } from 'vitest/node'
import { startFakeServer } from '../../src/testing/server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Base URL of a fake model on loopback, which takes a fault from the header `x-fake-fault`. */
    fakeServer: string
  }
}

/** One real server for the tests of all runtimes. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startFakeServer({ corsHeaders: ['x-request-tag', 'idempotency-key'] })
  project.provide('fakeServer', server.baseUrl)
  return () => server.close()
}
