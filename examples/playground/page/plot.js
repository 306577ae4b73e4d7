// A line of numbers over time, as SVG.

const WIDTH = 240
const HEIGHT = 80
const MARGIN = 4

function shape(name, attributes) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  return element
}

/** Draws `series` into `svg`, from nought to the highest value. */
export function drawPlot(svg, series) {
  svg.replaceChildren()
  if (series.length < 2) return
  const highest = Math.max(...series, 1)
  const points = series.map((value, place) => {
    const x = (place / (series.length - 1)) * WIDTH
    const y = HEIGHT - MARGIN - (value / highest) * (HEIGHT - 2 * MARGIN)
    return `${x.toFixed(1)},${y.toFixed(1)}`
  })
  svg.append(
    shape('polygon', { class: 'area', points: `0,${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}` }),
    shape('polyline', { class: 'line', points: points.join(' ') }),
  )
}
