// A stub of a login: whoever names themselves is let in. Put your own in its place; what must stay is that the id cannot be forged.

export interface User {
  readonly id: string
}

const encoder = new TextEncoder()

async function sign(text: string, secret: string): Promise<string> {
  const key = await crypto.subtle.importKey(
    'raw',
    encoder.encode(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  )
  const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)))
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** Answers a login with a cookie that only this Worker can make. */
export async function stubLogin(request: Request, secret: string): Promise<Response> {
  const { name } = (await request.json()) as { name?: unknown }
  if (typeof name !== 'string' || !/^[\w-]{1,32}$/.test(name))
    return Response.json({ error: 'Which name?' }, { status: 400 })
  const isLocal = new URL(request.url).hostname === 'localhost'
  const cookie = `session=${name}.${await sign(name, secret)}; HttpOnly; SameSite=Strict; Path=/api${isLocal ? '' : '; Secure'}`
  return Response.json({ name }, { headers: { 'set-cookie': cookie } })
}

/** Tells who sent a request. */
export async function readSession(request: Request, secret: string): Promise<User | null> {
  const [, name, signature] =
    /(?:^|; )session=([\w-]+)\.([0-9a-f]+)/.exec(request.headers.get('cookie') ?? '') ?? []
  return name && signature === (await sign(name, secret)) ? { id: name } : null
}
