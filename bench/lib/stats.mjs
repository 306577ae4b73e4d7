export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The slope of the least squares line through points [x, y]. */
export function slope(points) {
  const mean = place => points.reduce((sum, point) => sum + point[place], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const above = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0)
  return above / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0)
}

/** The CPU time of this process since `start`, in ms. By the clock, work on a network takes as long as its server does. */
export function cpuTime(start) {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}
