import type { ConvexTokenOptions, SigningKey } from '../../src/convex/index.ts'
import type { AuthBrowser, AuthServer } from './support/auth-server.ts'
import { convex as upstreamPlugin } from '@convex-dev/better-auth/plugins'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { getAuthConfigProvider } from '../../src/convex/index.ts'
import { createAuthServer, signUp } from './support/auth-server.ts'
import { lines } from './support/lines.ts'

const ISSUER = 'https://happy-otter-123.convex.site'
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

beforeEach(() => {
  vi.stubEnv('CONVEX_SITE_URL', ISSUER)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
})

const advance = (ms: number): unknown => vi.setSystemTime(Date.now() + ms)

async function requestToken(browser: AuthBrowser): Promise<string> {
  return (await browser.get('/convex/token')).body.token
}

const kidOf = (token: string): string | undefined => decodeProtectedHeader(token).kid

async function publishedIds(server: AuthServer): Promise<string[]> {
  const { body } = await server.openBrowser().get('/convex/jwks')
  return body.keys.map(({ kid }: { kid: string }) => kid)
}

/** The keys of a provider of `auth.config.ts`, as Convex reads them. */
function staticKeysOf(provider: { jwks: string }): { keys: any[] } {
  const [, base64 = ''] = provider.jwks.split('data:text/plain;charset=utf-8;base64,')
  return JSON.parse(atob(base64))
}

/** Verifies a token as Convex does with this value of `JWKS`. */
async function verifyStatic(token: string, jwks: string): Promise<unknown> {
  const provider = getAuthConfigProvider({ jwks })
  return await jwtVerify(token, createLocalJWKSet(staticKeysOf(provider)), {
    algorithms: [provider.algorithm],
    issuer: provider.issuer,
    audience: provider.applicationID,
    currentDate: new Date(),
  })
}

describe.each(lines)('rotateKeys, with Better Auth %s', (line) => {
  const createServer = (options: ConvexTokenOptions = {}): Promise<AuthServer> => createAuthServer(line, ({ convex }) => ({ plugins: [convex(options)] }))
  const rotate = (server: AuthServer, body?: object): Promise<SigningKey[]> => server.auth.api.rotateKeys({ body })
  const latest = (server: AuthServer): Promise<SigningKey[]> => server.auth.api.getLatestJwks()

  describe('with keys in the database', () => {
    it('publishes the new key for a minute before it signs', async () => {
      const server = await createServer()
      const ada = await signUp(server)
      const first = kidOf(await requestToken(ada))
      advance(DAY)
      const [created] = await rotate(server)
      expect(await publishedIds(server)).toEqual([created!.id, first])
      expect(kidOf(await requestToken(ada))).toBe(first)
      advance(MINUTE)
      expect(kidOf(await requestToken(ada))).toBe(created!.id)
    })

    it('publishes the previous key until its last token has expired, and then no longer', async () => {
      const server = await createServer({ jwt: { expirationSeconds: 3600 } })
      const ada = await signUp(server)
      const first = kidOf(await requestToken(ada))
      await rotate(server)
      advance(MINUTE + 60 * MINUTE)
      expect(await publishedIds(server)).toContain(first)
      advance(DAY)
      expect(await publishedIds(server)).not.toContain(first)
    })

    it('deletes keys whose last token has expired', async () => {
      const server = await createServer()
      await signUp(server)
      await rotate(server)
      advance(2 * DAY)
      await rotate(server)
      expect(server.db.jwks).toHaveLength(2)
    })

    it('publishes and uses only the new key immediately, with revoke', async () => {
      const server = await createServer()
      const ada = await signUp(server)
      const keys = await rotate(server, { revoke: true })
      expect(keys).toHaveLength(1)
      expect(await publishedIds(server)).toEqual([keys[0]!.id])
      expect(kidOf(await requestToken(ada))).toBe(keys[0]!.id)
    })

    it('signs with a key of the new algorithm when the option changes', async () => {
      const server = await createServer({ algorithm: 'RS256' })
      const ada = await signUp(server)
      const changed = server.withOptions(({ convex }) => ({ plugins: [convex({ algorithm: 'ES256' })] }))
      const headers = new Headers({ authorization: `Bearer ${server.db.session![0].token}` })
      const { token } = await changed.auth.api.getToken({ headers })
      expect(decodeProtectedHeader(await requestToken(ada)).alg).toBe('RS256')
      expect(decodeProtectedHeader(token).alg).toBe('ES256')
    })
  })

  describe('with static keys', () => {
    it('signs tokens and publishes keys without the table', async () => {
      const jwks = JSON.stringify(await latest(await createServer()))
      const server = await createServer({ jwks })
      const ada = await signUp(server)
      await verifyStatic(await requestToken(ada), jwks)
      expect(await publishedIds(server)).toEqual([JSON.parse(jwks)[0].id])
      expect(server.db.jwks).toEqual([])
    })

    it('keeps tokens valid that were signed before JWKS is written, and then uses the new key', async () => {
      const server = await createServer()
      const before = JSON.stringify(await latest(server))
      const withBefore = server.withOptions(({ convex }) => ({ plugins: [convex({ jwks: before })] }))
      const ada = await signUp(withBefore)
      advance(DAY)
      const after = JSON.stringify(await rotate(withBefore))
      // The variable is written only some minutes later. Until then, the previous key signs.
      advance(10 * MINUTE)
      const old = await requestToken(ada)
      await verifyStatic(old, before)
      await verifyStatic(old, after)

      const withAfter = server.withOptions(({ convex }) => ({ plugins: [convex({ jwks: after })] }))
      const headers = new Headers({ authorization: `Bearer ${server.db.session![0].token}` })
      const { token } = await withAfter.auth.api.getToken({ headers })
      expect(kidOf(token)).not.toBe(kidOf(old))
      await verifyStatic(token, after)
      await expect(verifyStatic(token, before)).rejects.toThrow('no applicable key')
    })

    it('keeps tokens valid if JWKS is written only days after the rotation', async () => {
      const server = await createServer()
      const before = JSON.stringify(await latest(server))
      const withBefore = server.withOptions(({ convex }) => ({ plugins: [convex({ jwks: before })] }))
      const ada = await signUp(withBefore)
      await rotate(withBefore)
      advance(3 * DAY)
      const token = await requestToken(ada)
      await verifyStatic(token, JSON.stringify(await latest(withBefore)))
      await verifyStatic(token, JSON.stringify(await rotate(withBefore)))
    })

    it('returns the private part of the new key only, encrypted', async () => {
      const server = await createServer()
      await latest(server)
      const [created, previous] = await rotate(server)
      expect(created!.privateKey).toMatch(/^"[$\w]+"$/)
      expect(previous).not.toHaveProperty('privateKey')
      expect(JSON.stringify([created, previous])).not.toMatch(/"d\\?"/)
    })

    it('keeps a key that is in the variable and not in the table', async () => {
      const jwks = JSON.stringify(await latest(await createServer()))
      const server = await createServer({ jwks })
      const ids = (await rotate(server)).map(({ id }) => id)
      expect(ids).toHaveLength(2)
      expect(ids).toContain(JSON.parse(jwks)[0].id)
    })

    it('with revoke, returns only the new key', async () => {
      const jwks = JSON.stringify(await latest(await createServer()))
      const keys = await rotate(await createServer({ jwks }), { revoke: true })
      expect(keys.map(({ id }) => id)).not.toContain(JSON.parse(jwks)[0].id)
      expect(keys).toHaveLength(1)
    })

    it.each(['in the table', 'only in the variable'])('never accepts a revoked key again, even if JWKS was not written: a key %s', async (place) => {
      const origin = await createServer()
      const leaked = JSON.stringify(await latest(origin))
      const create = ({ convex }: AuthServer['modules']) => ({ plugins: [convex({ jwks: leaked })] })
      const server = place === 'in the table' ? origin.withOptions(create) : await createAuthServer(line, create)
      const [created] = await rotate(server, { revoke: true })
      expect(await latest(server)).toEqual([created])
      expect(JSON.stringify(server.db.jwks)).not.toContain(JSON.stringify(JSON.parse(leaked)[0].privateKey))
      for (const _days of [1, 2, 3]) {
        advance(2 * DAY)
        const ids = (await rotate(server)).map(({ id }) => id)
        expect(ids).not.toContain(JSON.parse(leaked)[0].id)
        expect((await latest(server)).map(({ id }) => id)).toEqual(ids)
      }
    })

    it('throws an error if the secret has changed', async () => {
      const jwks = JSON.stringify(await latest(await createServer()))
      const server = await createAuthServer(line, ({ convex }) => ({ plugins: [convex({ jwks })], secret: 'another secret that only these tests use, and so on' }))
      await signUp(server)
      const headers = new Headers({ authorization: `Bearer ${server.db.session![0].token}` })
      await expect(server.auth.api.getToken({ headers })).rejects.toMatchObject({ code: 'SIGNING_KEY_UNREADABLE' })
    })
  })

  it('returns the same keys again with getLatestJwks', async () => {
    const server = await createServer()
    expect(await latest(server)).toEqual(await latest(server))
    const rotated = await rotate(server)
    expect(await latest(server)).toEqual(rotated)
  })

  if (line === '1.6') {
    it('reads the keys that @convex-dev/better-auth has written', async () => {
      const providers = [{ type: 'customJwt' as const, applicationID: 'convex', issuer: ISSUER, jwks: '', algorithm: 'RS256' as const }]
      const server = await createAuthServer(line, () => ({ plugins: [upstreamPlugin({ authConfig: { providers } }) as any] }))
      // The component's adapter has this option in an action.
      Object.assign((await server.auth.$context).adapter.options, { isRunMutationCtx: true })
      const jwks = JSON.stringify(await server.auth.api.rotateKeys())
      for (const value of [jwks, undefined]) {
        const ours = server.withOptions(({ convex }) => ({ plugins: [convex({ jwks: value, algorithm: 'RS256' })] }))
        await signUp(ours)
        const headers = new Headers({ authorization: `Bearer ${server.db.session!.at(-1).token}` })
        const { token } = await ours.auth.api.getToken({ headers })
        expect(kidOf(token)).toBe(server.db.jwks![0].id)
        await verifyStatic(token, jwks)
      }
    })
  }
})

describe('getAuthConfigProvider', () => {
  it('names the address of the keys that the deployment publishes', () => {
    expect(getAuthConfigProvider()).toEqual({
      type: 'customJwt',
      issuer: ISSUER,
      applicationID: 'convex',
      algorithm: 'ES256',
      jwks: `${ISSUER}/api/auth/convex/jwks`,
    })
  })

  it('uses the options for the base path, the algorithm and the issuer', () => {
    expect(getAuthConfigProvider({ basePath: '/custom/auth', algorithm: 'RS256', issuer: 'https://app.example/' })).toMatchObject({
      issuer: 'https://app.example',
      algorithm: 'RS256',
      jwks: 'https://app.example/custom/auth/convex/jwks',
    })
  })

  it('contains static keys, without their private parts, and takes the algorithm from them', async () => {
    const server = await createAuthServer('1.7', ({ convex }) => ({ plugins: [convex({ algorithm: 'RS256' })] }))
    const keys: SigningKey[] = await server.auth.api.getLatestJwks()
    const provider = getAuthConfigProvider({ jwks: JSON.stringify(keys) })
    expect(provider.algorithm).toBe('RS256')
    expect(staticKeysOf(provider).keys).toEqual([{ kty: 'RSA', n: expect.any(String), e: 'AQAB', alg: 'RS256', use: 'sig', kid: keys[0]!.id }])
  })

  it.each([
    [{ jwks: 'nonsense' }, 'JWKS_INVALID'],
    [{ jwks: '[{"id":"a","publicKey":"{}"}]' }, 'SIGNING_KEY_MISSING'],
    [{ algorithm: 'EdDSA' }, 'CONVEX_OPTION_INVALID'],
    [{ basePath: 'api/auth/' }, 'CONVEX_OPTION_INVALID'],
    [{ issuer: 'app.example' }, 'CONVEX_OPTION_INVALID'],
  ])('refuses %j', (options, code) => {
    expect(() => getAuthConfigProvider(options as any)).toThrow(expect.objectContaining({ code }))
  })

  it('requires the option `issuer` if it runs outside of Convex', () => {
    vi.stubEnv('CONVEX_SITE_URL', '')
    expect(() => getAuthConfigProvider()).toThrow(expect.objectContaining({ code: 'CONVEX_OPTION_INVALID', message: expect.stringContaining('`issuer`') }))
  })
})
