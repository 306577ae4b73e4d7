import type { Usage } from '../chat/types.ts'

type Counts = { readonly [name: string]: unknown }

/** Two answers' counts as one: numbers are added, at every depth; of anything else the first one counts. */
export function addUsage(before: Counts | null | undefined, more: Counts | null | undefined): Usage {
  const sum = { ...before } as { [name: string]: unknown }
  for (const [name, value] of Object.entries(more ?? {})) {
    const old = sum[name]
    if (typeof value === 'number') sum[name] = value + Number(old ?? 0)
    else if (typeof value === 'object' && value) sum[name] = addUsage(Object(old), value as Counts)
    else sum[name] ??= value
  }
  return sum as Usage
}
