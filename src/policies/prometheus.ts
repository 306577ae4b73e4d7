import { misconfigured } from '../wire/service.ts'
import type { Summary } from './histogram.ts'
import type { MetricsSnapshot } from './metrics.ts'

/** Labels of a sample, or those of all samples. */
interface Labels {
  readonly [name: string]: string
}

/** A value and its labels; a value that nobody knows gives no sample. */
type Sample = readonly [value: number | undefined, labels?: Labels, suffix?: string]

const QUANTILES = [
  ['0.5', 'p50'],
  ['0.9', 'p90'],
  ['0.99', 'p99'],
] as const

/** Changes a unit: seconds of milliseconds. */
function scale(value: number | undefined, divisor: number): number | undefined {
  return value === undefined ? undefined : value / divisor
}

function samplesOf(summary: Summary, divisor: number): readonly Sample[] {
  const { count, mean = 0 } = summary
  return [
    ...QUANTILES.map(([quantile, name]): Sample => [scale(summary[name], divisor), { quantile }]),
    [scale(mean * count, divisor), {}, '_sum'],
    [count, {}, '_count'],
  ]
}

function byLabel(label: string, values: { readonly [name: string]: number | undefined }): readonly Sample[] {
  return Object.entries(values).map(([name, value]) => [value, { [label]: name }])
}

/**
 * Writes what `metrics` measured in Prometheus' text format, for an answer of type `text/plain; version=0.0.4`. Times are in
 * seconds. Percentiles are those of everything since the policy was made: for the last minutes divide the rates of `_sum` and
 * `_count`.
 * @param labels for every sample, to tell several clients apart
 * @throws {ConfigurationError} for a label with a name that Prometheus does not allow
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @example
 * const measured = metrics()
 * const page = () => new Response(prometheus(measured.snapshot()), { headers: { 'content-type': 'text/plain; version=0.0.4' } })
 */
export function prometheus(snapshot: MetricsSnapshot, labels: Labels = {}): string {
  const { calls, rateLimits, latency, firstEvent, eventsPerSecond } = snapshot
  const { inFlight, ...ended } = calls
  const { requests, tokens } = rateLimits
  if (!Object.keys(labels).every(name => /^(?!__)[a-z_]\w*$/i.test(name)))
    misconfigured('prometheus: a label is named by letters, digits and _')
  let page = ''

  function add(
    name: string,
    type: 'counter' | 'gauge' | 'summary',
    help: string,
    samples: readonly Sample[],
  ): void {
    const lines = samples
      .filter(([value]) => value !== undefined)
      .map(([value, own, suffix = '']) => {
        const pairs = Object.entries({ ...labels, ...own }).map(
          ([label, text]) => `${label}="${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`,
        )
        return `llmfetch_${name}${suffix}${pairs.length ? `{${pairs}}` : ''} ${value}\n`
      })
    if (lines.length)
      page += `# HELP llmfetch_${name} ${help}\n# TYPE llmfetch_${name} ${type}\n${lines.join('')}`
  }

  add('calls_total', 'counter', 'Calls that are over, by how they ended.', byLabel('outcome', ended))
  add('calls_in_flight', 'gauge', 'Calls that are under way.', [[inFlight]])
  add(
    'call_errors_total',
    'counter',
    'Failed calls, by the class of their error.',
    byLabel('error', snapshot.errors),
  )
  add('retries_total', 'counter', 'Requests sent beyond the first of each call.', [[snapshot.retries]])
  const { prompt: input, completion: output } = snapshot.tokens
  add('tokens_total', 'counter', 'Tokens, as the services counted.', byLabel('direction', { input, output }))
  add('uncounted_streams_total', 'counter', 'Complete streams of which no service counted the tokens.', [
    [snapshot.uncountedStreams],
  ])
  add('stream_events_total', 'counter', 'Events of streams that were handed out.', [[snapshot.events]])
  add('call_duration_seconds', 'summary', 'From a call to the end of its body.', samplesOf(latency, 1000))
  add(
    'time_to_first_event_seconds',
    'summary',
    "From a call to a stream's first event.",
    samplesOf(firstEvent, 1000),
  )
  add('stream_events_per_second', 'summary', 'Of complete streams.', samplesOf(eventsPerSecond, 1))
  const limits = (pick: 'limit' | 'remaining' | 'reset', divisor = 1): readonly Sample[] =>
    byLabel('of', { requests: scale(requests?.[pick], divisor), tokens: scale(tokens?.[pick], divisor) })
  add('rate_limit', 'gauge', 'What a service allows.', limits('limit'))
  add('rate_limit_remaining', 'gauge', 'What is left of it.', limits('remaining'))
  add(
    'rate_limit_reset_seconds',
    'gauge',
    'Until it is whole again, when the service told.',
    limits('reset', 1000),
  )
  return page
}
