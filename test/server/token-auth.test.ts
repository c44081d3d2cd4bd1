import type { CryptoKey } from 'jose'
import type { ScriptedUpstream } from '../support/scripted/scripted-upstream.ts'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { browserRequest, createAppServer } from '../support/live/app-server.ts'
import { signedIn } from '../support/live/auth-cookies.ts'
import { transports } from '../support/live/auth-transports.ts'
import { json, page, startUpstream } from '../support/scripted/scripted-upstream.ts'

const ISSUER = 'https://happy-otter-123.convex.site'
const KEY_PATHS = ['/api/auth/convex/.well-known/openid-configuration', '/api/auth/convex/jwks']

interface Key { kid: string, privateKey: CryptoKey, publicKey: CryptoKey }

async function createKey(kid: string): Promise<Key> {
  return { kid, ...await generateKeyPair('ES256') }
}

let serial = 0

interface TokenParts { issuer?: string, audience?: string, expiresIn?: number, sessionId?: string | null, kid?: string }

async function sign({ privateKey, kid }: Key, parts: TokenParts = {}): Promise<string> {
  const { issuer = ISSUER, audience = 'convex', expiresIn = 900, sessionId = 's1' } = parts
  const now = Math.floor(Date.now() / 1000)
  return await new SignJWT({ name: 'Ada', serial: ++serial, ...sessionId === null ? {} : { sessionId } })
    .setProtectedHeader({ alg: 'ES256', kid: parts.kid ?? kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('ada')
    .setIssuedAt(now)
    .setExpirationTime(now + expiresIn)
    .sign(privateKey)
}

let upstream: ScriptedUpstream
/** The keys that Better Auth publishes. */
let published: Key[]
let key: Key

const publish: ScriptedUpstream['answer'] = async (request, response, incoming) => {
  const keys = await Promise.all(published.map(async ({ kid, publicKey }) => ({ ...await exportJWK(publicKey), kid, alg: 'ES256' })))
  const body = request.target.endsWith('/jwks') ? { keys } : { issuer: ISSUER }
  await json(body)(request, response, incoming)
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  upstream = await startUpstream()
  key = await createKey('first')
  published = [key]
  upstream.answer = publish
})
afterEach(async () => {
  vi.useRealTimers()
  await upstream.close()
})

describe.each(transports)('getTokenAuth, with Better Auth $name', ({ optionsFor }) => {
  const createServer = (options = {}) => createAppServer({ url: upstream.url, siteUrl: upstream.url }, { ...optionsFor(upstream.url), ...options })
  type Server = ReturnType<typeof createServer>
  const read = (server: Server, token: string) => server.forRequest(browserRequest(signedIn({ token }))).getTokenAuth()
  const keyRequests = (): number => upstream.requests.filter(({ target }) => target.endsWith('/jwks')).length

  /** A server that has received the keys. */
  async function createWarmServer(options = {}): Promise<Server> {
    const server = createServer(options)
    await receiveKeys(server)
    upstream.requests.length = 0
    return server
  }

  async function receiveKeys(server: Server): Promise<void> {
    await vi.waitUntil(async () => await read(server, await sign(published[0]!)) !== null, { timeout: 60_000, interval: 5 })
  }

  it('returns null at first, and requests the keys without cookies', async () => {
    const server = createServer()
    expect(await read(server, await sign(key))).toBeNull()
    await vi.waitUntil(() => upstream.requests.length === 2, { timeout: 60_000 })
    expect(upstream.requests.map(({ target }) => target).sort()).toEqual(KEY_PATHS)
    expect(upstream.requests.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined])
  })

  it('returns the claims and the session of a token without a request', async () => {
    const server = await createWarmServer()
    const token = await sign(key)
    expect(await read(server, token)).toEqual({ user: { id: 'ada', name: 'Ada', serial }, session: { id: 's1' }, token })
    expect(upstream.requests).toEqual([])
  })

  it('keeps the response out of caches', async () => {
    const server = await createWarmServer()
    const request = server.forRequest(browserRequest(signedIn({ token: await sign(key) })))
    await request.getTokenAuth()
    expect(request.responseHeaders().get('cache-control')).toBe('private, no-store')
  })

  it.each<[string, () => Promise<string>]>([
    ['has expired', () => sign(key, { expiresIn: -1 })],
    ['expires within a minute', () => sign(key, { expiresIn: 59 })],
    ['is another deployment\'s', () => sign(key, { issuer: 'https://other-otter-123.convex.site' })],
    ['is meant for another audience', () => sign(key, { audience: 'elsewhere' })],
    ['names no session', () => sign(key, { sessionId: null })],
    ['is signed with another key of the same name', async () => sign(await createKey('first'))],
    ['is signed with the public key as a secret', async () => {
      const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(key.publicKey)))
      return new SignJWT({ sessionId: 's1' }).setProtectedHeader({ alg: 'HS256', kid: 'first' }).setIssuer(ISSUER).setAudience('convex').setSubject('ada').setExpirationTime('15m').sign(secret)
    }],
    ['is not signed', async () => {
      const [, payload] = (await sign(key)).split('.')
      return `${btoa('{"alg":"none"}').replace(/=/g, '')}.${payload}.signature`
    }],
    ['has changed claims', async () => {
      const [header, payload, signature] = (await sign(key)).split('.')
      const claims = { ...JSON.parse(atob(payload!.replace(/-/g, '+').replace(/_/g, '/'))), sub: 'bea' }
      return `${header}.${btoa(JSON.stringify(claims)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')}.${signature}`
    }],
  ])('returns null without a request if the token %s', async (_name, createToken) => {
    const server = await createWarmServer()
    expect(await read(server, await createToken())).toBeNull()
    expect(upstream.requests).toEqual([])
  })

  it('returns null for a token that is bound to another session, or to none', async () => {
    const server = await createWarmServer()
    const token = await sign(key)
    const other = signedIn({ token }).replace('session_token=s.1', 'session_token=s.2')
    for (const cookies of [other, `better-auth.convex_jwt=${token}`, ''])
      expect(await server.forRequest(browserRequest(cookies)).getTokenAuth()).toBeNull()
    expect(upstream.requests).toEqual([])
  })

  it.each([{ jwtCache: false }, { tokens: false }])('returns null with $jwtCache$tokens', async (options) => {
    const server = createServer(options)
    expect(await read(server, await sign(key))).toBeNull()
  })

  it('verifies the signature of a token only once', async () => {
    const server = await createWarmServer()
    const token = await sign(key)
    const verify = vi.spyOn(crypto.subtle, 'verify')
    const found = [await read(server, token), await read(server, token)]
    expect(found.map(auth => auth?.token)).toEqual([token, token])
    expect(verify).toHaveBeenCalledOnce()
    verify.mockRestore()
  })

  it('returns null for a token that it has verified, once the token is about to expire', async () => {
    const server = await createWarmServer()
    const token = await sign(key, { expiresIn: 300 })
    expect(await read(server, token)).not.toBeNull()
    vi.setSystemTime(Date.now() + 241_000)
    expect(await read(server, token)).toBeNull()
  })

  it('no longer accepts a token that it has verified with a key which was removed', async () => {
    const server = await createWarmServer()
    const token = await sign(key, { expiresIn: 3_600 })
    expect(await read(server, token)).not.toBeNull()
    key = await createKey('second')
    published = [key]
    vi.setSystemTime(Date.now() + 601_000)
    await receiveKeys(server)
    expect(await read(server, token)).toBeNull()
  })

  it('remembers at most 1,000 tokens', async () => {
    const server = await createWarmServer()
    const token = await sign(key)
    await read(server, token)
    for (let index = 0; index < 1_000; index++)
      await read(server, await sign(key))
    const verify = vi.spyOn(crypto.subtle, 'verify')
    expect(await read(server, token)).not.toBeNull()
    expect(verify).toHaveBeenCalledOnce()
    verify.mockRestore()
  })

  it('accepts the tokens of a new key once it has received the key', async () => {
    const server = await createWarmServer()
    published.unshift(await createKey('second'))
    vi.setSystemTime(Date.now() + 31_000)
    const token = await sign(published[0]!)
    expect(await read(server, token)).toBeNull()
    await receiveKeys(server)
    expect(await read(server, token)).toMatchObject({ user: { id: 'ada' } })
    expect(await read(server, await sign(key))).toMatchObject({ user: { id: 'ada' } })
  })

  it('no longer accepts the tokens of a removed key after ten minutes', async () => {
    const server = await createWarmServer()
    published = [await createKey('second')]
    vi.setSystemTime(Date.now() + 601_000)
    expect(await read(server, await sign(key))).toBeNull()
    await receiveKeys(server)
    expect(await read(server, await sign(key))).toBeNull()
  })

  it('requests the keys at most every 30 seconds, however many tokens have an unknown key', async () => {
    const server = await createWarmServer()
    vi.setSystemTime(Date.now() + 31_000)
    for (const kid of ['a', 'b', 'c'])
      expect(await read(server, await sign(key, { kid }))).toBeNull()
    await vi.waitUntil(() => upstream.requests.length === 2, { timeout: 60_000 })
    expect(keyRequests()).toBe(1)
    expect(await read(server, await sign(key))).toMatchObject({ user: { id: 'ada' } })
  })

  it.each<[string, ScriptedUpstream['answer']]>([
    ['an error', page(503)],
    ['a page', page(200)],
    ['no keys', json({})],
    ['a dropped connection', (_request, response) => void response.socket!.destroy()],
  ])('returns null after %s, and requests the keys again after 30 seconds', async (_name, answer) => {
    upstream.answer = answer
    const server = createServer()
    expect(await read(server, await sign(key))).toBeNull()
    await vi.waitUntil(() => upstream.requests.length === 2, { timeout: 60_000 })
    upstream.answer = publish
    expect(await read(server, await sign(key))).toBeNull()
    expect(keyRequests()).toBe(1)
    vi.setSystemTime(Date.now() + 31_000)
    await receiveKeys(server)
  })

  it('keeps the keys that it has while they cannot be requested', async () => {
    const server = await createWarmServer()
    upstream.answer = page(503)
    vi.setSystemTime(Date.now() + 31_000)
    expect(await read(server, await sign(key, { kid: 'unknown' }))).toBeNull()
    await vi.waitUntil(() => upstream.requests.length === 2, { timeout: 60_000 })
    expect(await read(server, await sign(key))).toMatchObject({ user: { id: 'ada' } })
  })
})
