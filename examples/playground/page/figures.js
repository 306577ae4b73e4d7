// The figures of the latest answer, and their plot.

import { drawPlot } from './plot.js'
import { seconds } from './words.js'

/** A name that may break between its words: IncompleteStreamError. */
const humps = name => name.split(/(?<=[a-z])(?=[A-Z])/).flatMap(part => [document.createElement('wbr'), part])

/** @param at the page's elements, by id */
export function createFigures(at) {
  return function show(meter, finish = '–') {
    const { firstToken, rate, time, promptTokens, tokens, series } = meter.read()
    at.first.textContent = firstToken === undefined ? '–' : seconds(firstToken)
    at.rate.textContent = rate === undefined ? '–' : rate.toFixed(1)
    at.time.textContent = seconds(time)
    at.asked.textContent = promptTokens ?? '–'
    at.answered.textContent = tokens
    at.finish.replaceChildren(...humps(finish))
    const peak = series.length ? `peak ${Math.max(...series).toFixed(0)}` : ''
    at.peak.textContent = peak
    at.plot.setAttribute('aria-label', `Tokens a second over time: ${peak || 'nothing yet'}`)
    drawPlot(at.plot, series)
  }
}

/** The figures in words, for below the answer. */
export function describe(meter) {
  const { firstToken, rate, tokens } = meter.read()
  return [
    firstToken !== undefined && `first token ${seconds(firstToken)}`,
    tokens && `${tokens} tokens`,
    rate && `${rate.toFixed(1)} a second`,
  ].filter(Boolean)
}
