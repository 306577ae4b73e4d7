/** How long the text of a body asks to wait, in milliseconds: Google's RetryInfo. */
export function retryDelayIn(text: string): number | undefined {
  const [, seconds] = /"retryDelay"\s*:\s*"(\d+\.?\d*)s"/.exec(text) ?? []
  return seconds ? Number(seconds) * 1000 : undefined
}

/**
 * How long the service asks to wait, in milliseconds: `retry-after-ms`, then `retry-after` (RFC 9110, 10.2.3: seconds or a
 * date), then `ratelimit-reset` (seconds). Rate limiters also send fractions of seconds. Anything spelled in another way (`0x10`,
 * `-1`, `1e9`) is taken for absent, never for zero. A date is compared with the answer's own `date`, so that a wrong clock here
 * does not matter.
 */
export function retryAfter(headers: Headers): number | undefined {
  const number = (name: string, unit = 1) => {
    const value = headers.get(name)!
    return /^\d{1,12}(\.\d+)?$/.test(value) ? Number(value) * unit : undefined
  }
  // RFC 9110, 5.6.7; the last of its forms, asctime's, has no zone but means GMT.
  const date = (name: string) => {
    const [text = ''] = /^[A-Z].+:\d\d( \d{4}| GMT)$/.exec(headers.get(name)!) ?? []
    return Date.parse(text.replace(/\d{4}$/, '$& GMT'))
  }
  const wait = date('retry-after') - (date('date') || Date.now())
  return (
    number('retry-after-ms') ??
    number('retry-after', 1000) ??
    (wait <= 0 ? 0 : wait || number('ratelimit-reset', 1000))
  )
}
