/** RFC 9110, RFC 6585, RFC 8470; 529 is "overloaded" at several services. */
export const RETRYABLE_STATUSES: readonly number[] = [408, 409, 425, 429, 500, 502, 503, 504, 529]
