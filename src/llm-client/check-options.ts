/** How many letters lie between two words: changed, left out or too many. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++)
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (a[i] === b[j] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}

/** The known name that is nearest to an unknown one, if one is near enough to be meant. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const meant = name.toLowerCase()
  const near = known.map(word => ({
    word,
    far:
      word.toLowerCase().includes(meant) || meant.includes(word.toLowerCase())
        ? 1
        : distance(meant, word.toLowerCase()),
  }))
  near.sort((a, b) => a.far - b.far)
  return near[0] && near[0].far <= Math.max(2, name.length / 3) ? near[0].word : undefined
}

/**
 * Tells of the first option that nobody knows, and of the known one that it may be meant for: an option without effect is
 * found in production.
 */
export function unknownOption(given: object | undefined, known: readonly string[]): string | undefined {
  const name = Object.keys(given ?? {}).find(key => !known.includes(key))
  if (name === undefined) return undefined
  const meant = nearest(name, known)
  return `${name} is no option${meant ? `: did you mean ${meant}?` : ''}`
}
