declare module 'parse-prometheus-text-format' {
  /** Reads a page of samples into its families. Throws at a line that is none. */
  export default function parse(page: string): unknown
}
