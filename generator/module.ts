import { posix } from 'node:path'

/** One file that is written: what it imports, its functions, its types. */
export interface Module {
  readonly functions: string[]
  /** By name. */
  readonly types: Map<string, string>
  /** Imports a name from a file, named from `src` without its ending. Returns the name. */
  use(name: string, from: string, isType?: boolean): string
  print(head: string): string
}

/** @param file from `src`, without its ending */
export function createModule(file: string): Module {
  const imports = new Map<string, Map<string, boolean>>()
  const functions: string[] = []
  const types = new Map<string, string>()

  function printImport(from: string, names: ReadonlyMap<string, boolean>): string {
    const relative = posix.relative(posix.dirname(file), from)
    const path = relative.startsWith('.') ? relative : `./${relative}`
    const isAllTypes = [...names.values()].every(Boolean)
    const list = [...names].sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
    const specifiers = list.map(([name, isType]) => (isType && !isAllTypes ? `type ${name}` : name))
    return `import ${isAllTypes ? 'type ' : ''}{ ${specifiers.join(', ')} } from '${path}.ts'\n`
  }

  return {
    functions,
    types,
    use(name, from, isType = true) {
      if (from === file) return name
      const names = imports.get(from) ?? new Map<string, boolean>()
      imports.set(from, names.set(name, isType && (names.get(name) ?? true)))
      return name
    },
    print(head) {
      const lines = [...imports]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([from, names]) => printImport(from, names))
      return [`${head}\n`, lines.join(''), ...functions, ...types.values()].filter(Boolean).join('\n')
    },
  }
}
