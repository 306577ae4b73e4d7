import { describe, expect, it } from 'vitest'
import { isSecret, redact } from '../../src/call/secrets.ts'

describe('isSecret', () => {
  it.each([
    'authorization',
    'Authorization',
    'proxy-authorization',
    'cookie',
    'key',
    'KEY',
    'API_KEY',
    'api-key',
    'x-api-key',
    'apiKey',
    'apikey',
    'x-functions-key',
    'ocp-apim-subscription-key',
    'x-access-token',
    'access_token',
    'accessToken',
    'private-token',
    'x-session-token',
    'x-virtual-key',
    'x-password',
    'x-credential',
    'credentials',
    'x-signature',
    'X-Amz-Signature',
    'sig',
    'client_secret',
  ])('takes %s for the name of a secret', name => {
    expect(isSecret(name)).toBe(true)
  })

  it.each([
    'accept',
    'content-type',
    'x-portkey-provider',
    'x-tokenizer',
    'x-author-name',
    'x-keyboard',
    'x-secretary',
    'x-assigned-to',
    'idempotency-key',
    'Idempotency-Key',
    'x-title',
    'api-version',
    '',
  ])('does not take %j for one: its words decide, not letters in them', name => {
    expect(isSecret(name)).toBe(false)
  })
})

describe('redact', () => {
  it.each<[string, string, string, string]>([
    ['the token of a Bearer', 'authorization', 'Bearer sk-1234567890', 'sk-1234567890'],
    ['the key of a scheme of its own (Yandex)', 'authorization', 'Api-Key AQVN1234567', 'AQVN1234567'],
    ['another (fal)', 'authorization', 'Key fal-1234567890', 'fal-1234567890'],
    ['the password of Basic', 'authorization', `Basic ${btoa('ada:passw0rd99')}`, 'passw0rd99'],
    ['one of several cookies', 'cookie', 'theme=dark; session=s3ss10nv4lue', 's3ss10nv4lue'],
    ['a short key whole', 'x-api-key', 'abcd', 'abcd'],
    ['a key in base64', 'x-api-key', 'secret-key-1', btoa('secret-key-1')],
    ['one of a query', 'api_key', 'q-1234567890', 'q-1234567890'],
  ])('finds %s', (_, name, value, echoed) => {
    expect(redact(`You sent ${echoed}.`, [[name, value]])).not.toContain(echoed)
  })

  it('leaves words alone that are no secret', () => {
    const pairs = [
      ['authorization', 'Bearer sk-1234567890'],
      ['x-portkey-provider', 'openai'],
      ['cookie', 'theme=dark; session=s3ss10nv4lue'],
    ] as const
    const text = 'Bearer authentication failed at platform.openai.com: theme dark'
    expect(redact(text, pairs)).toBe(text)
  })

  it('blots nothing for what is too short, nor for its base64', () => {
    const pairs = [
      ['x-api-key', 'abc'],
      ['authorization', 'Key'],
    ] as const
    const text = `The id is ${btoa('abc')}, of ${btoa('Key')}`
    expect(redact(text, pairs)).toBe(text)
  })

  it('finds a key that has no base64, and nothing else for it', () => {
    expect(redact('=ключ= is wrong', [['x-api-key', '=ключ=']])).toBe('[redacted] is wrong')
  })

  it('replaces the whole before a part of it', () => {
    const pairs = [
      ['x-api-key', 'abcdefgh-ijklmnop'],
      ['x-other-key', 'abcdefgh'],
    ] as const
    expect(redact('abcdefgh-ijklmnop abcdefgh', pairs)).toBe('[redacted] [redacted]')
  })
})
