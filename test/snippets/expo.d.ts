declare module 'expo/fetch' {
  /** Its parameters as Expo declares them; its response has the members of the platform's. */
  export function fetch(
    url: string,
    init?: Pick<RequestInit, 'body' | 'credentials' | 'headers' | 'method' | 'redirect' | 'signal'>,
  ): Promise<Response>
}
