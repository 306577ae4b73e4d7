import { FAULT_HEADER } from './faults.ts'

/** On every answer: pages of any origin may read it, and these of its headers. */
export const corsHeaders: Record<string, string> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-request-id, retry-after, retry-after-ms',
}

/** The answer to a preflight, which allows no more headers than a strict service does. */
export function preflightHeaders(extra: readonly string[]): Record<string, string> {
  return {
    ...corsHeaders,
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers': ['authorization', 'content-type', 'accept', FAULT_HEADER, ...extra].join(
      ', ',
    ),
    'access-control-max-age': '600',
  }
}
