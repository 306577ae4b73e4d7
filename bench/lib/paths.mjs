import { join } from 'node:path'

/** Where the clients are installed. */
export const folder = join(import.meta.dirname, '..')
export const root = join(folder, '..')
