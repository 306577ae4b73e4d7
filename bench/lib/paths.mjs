import { join } from 'node:path'

/** The folder in whose `node_modules` the clients are. */
export const folder = join(import.meta.dirname, '..')
export const root = join(folder, '..')
