import { writeFileSync } from 'node:fs'

const WIDTH = 760
const LABELS = 200
const FIGURES = 80
const BAR = 14
const GAP = 12
const TOP = 64

const toMarkup = text => text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)

/** Colours of light pages, and of dark ones: the reader's system chooses. */
const style = `
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .title { font-weight: 600; font-size: 15px }
    .figure { font-size: 12px; fill: #59636e }
    .bar0 { fill: #0969da } .bar1 { fill: #8250df } .bar2 { fill: #bc4c00 }
    .line { stroke: #d1d9e0 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .figure { fill: #9198a1 }
      .bar0 { fill: #4493f8 } .bar1 { fill: #ab7df8 } .bar2 { fill: #db6d28 }
      .line { stroke: #3d444d }
    }`

function drawGroup({ name, values }, top, { scale, format }) {
  const height = values.length * BAR
  const bars = values.map((value, place) => {
    const y = top + place * BAR
    const width = Math.max(1, value * scale).toFixed(1)
    return `<rect class="bar${place}" x="${LABELS}" y="${y}" width="${width}" height="${BAR - 2}" rx="2"/>
  <text class="figure" x="${(LABELS + Number(width) + 6).toFixed(1)}" y="${y + BAR - 4}">${toMarkup(format(value))}</text>`
  })
  return `<text x="${LABELS - 10}" y="${top + height / 2 + 4}" text-anchor="end">${toMarkup(name)}</text>
  ${bars.join('\n  ')}`
}

function drawLegend(series) {
  let x = LABELS
  return series
    .map((name, place) => {
      const mark = `<rect class="bar${place}" x="${x}" y="36" width="12" height="12" rx="2"/>
  <text x="${x + 18}" y="46">${toMarkup(name)}</text>`
      x += 40 + name.length * 7
      return mark
    })
    .join('\n  ')
}

/** Writes horizontal bars, a group for each of `bars`, with all figures in the description for who cannot see them. */
export function writeChart(file, { title, series, format, bars }) {
  const scale = (WIDTH - LABELS - FIGURES) / Math.max(...bars.flatMap(({ values }) => values))
  const group = series.length * BAR + GAP
  const height = TOP + bars.length * group
  const described = bars.map(
    ({ name, values }) =>
      `${name}: ${values.map((value, place) => `${series[place]} ${format(value)}`).join(', ')}`,
  )
  writeFileSync(
    file,
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title description">
  <title id="title">${toMarkup(title)}</title>
  <desc id="description">${toMarkup(described.join('; '))}</desc>
  <style>${style}
  </style>
  <text class="title" x="10" y="22">${toMarkup(title)}</text>
  ${drawLegend(series)}
  <line class="line" x1="${LABELS}" x2="${LABELS}" y1="${TOP - 4}" y2="${height - 4}"/>
  ${bars.map((bar, place) => drawGroup(bar, TOP + place * group, { scale, format })).join('\n  ')}
</svg>
`,
  )
}
