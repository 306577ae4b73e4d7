/** A chat event's parsed chunk, loosely typed: the tests look at wire names. */
// biome-ignore lint/suspicious/noExplicitAny: these are the wire's shapes, read freely
export type Json = any

export const URL_BASE = 'https://fake.test/v1'

/** A POST with a JSON body. */
export function post(body: unknown, init: RequestInit = {}): RequestInit {
  const headers = {
    'content-type': 'application/json',
    ...(init.headers as Record<string, string> | undefined),
  }
  return { method: 'POST', ...init, headers, body: JSON.stringify(body) }
}

export function chatBody(content: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: 'fake-small', messages: [{ role: 'user', content }], ...more }
}

/** The `data:` texts of a whole event stream. */
export function dataOf(text: string): string[] {
  return text
    .split('\n\n')
    .filter(Boolean)
    .map(event => event.replace(/^data: /, ''))
}

/** The chunks of a well-formed stream, `[DONE]` left out. */
export function chunksOf(text: string): Json[] {
  return dataOf(text)
    .filter(data => data !== '[DONE]')
    .map(data => JSON.parse(data))
}

/** Reads until the body ends or fails; says which, and what came. */
export async function drain(response: Response): Promise<{ text: string; error: unknown }> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const result = await reader?.read()
      if (!result || result.done) return { text, error: undefined }
      text += decoder.decode(result.value, { stream: true })
    }
  } catch (error) {
    return { text, error }
  }
}

/** Waits for a condition that something outside of the test brings about. */
export async function until(condition: () => boolean, limit = 20_000): Promise<void> {
  for (const start = Date.now(); !condition(); ) {
    if (Date.now() - start > limit) throw new Error(`still not so after ${limit} ms`)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
}
