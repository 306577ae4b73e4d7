/**
 * Compares each limited ratio with its limit. A ratio over it is measured once more by `measureAgain(work, id)`, and that is
 * the one that counts: noise rarely repeats itself, a fault does. Puts it into `figures` as well.
 */
export async function judge(limits, figures, measureAgain) {
  const verdicts = []
  for (const [work, byClient] of Object.entries(limits))
    for (const [id, limit] of Object.entries(byClient)) {
      let figure = figures.get(work).get(id)
      if (figure.ratio > limit) {
        console.log(`${work}, ${id}: ${figure.ratio.toFixed(2)} ×, at most ${limit} ×; once more`)
        figure = await measureAgain(work, id)
        figures.get(work).set(id, figure)
      }
      verdicts.push({ work, id, ratio: figure.ratio, limit, isKept: figure.ratio <= limit })
    }
  return verdicts
}
