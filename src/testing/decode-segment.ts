/** Decodes a percent-encoded part of a path. Gives a malformed one back as it is. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
