/** A variable of the runtime's environment, where it has one and lets it be read. */
export function readEnvironment(name: string): string | undefined {
  try {
    const { process } = globalThis as { process?: { env?: { readonly [name: string]: string | undefined } } }
    return process?.env?.[name] || undefined
  } catch {
    // Deno without permission.
    return undefined
  }
}
