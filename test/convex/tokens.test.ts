import type { ConvexTokenOptions } from '../../src/convex/index.ts'
import type { AuthBrowser, AuthServer } from './support/auth-server.ts'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAuthServer, nextEmail, PASSWORD, signUp, SITE_URL } from './support/auth-server.ts'
import { lines } from './support/lines.ts'

const ISSUER = 'https://happy-otter-123.convex.site'

beforeEach(() => vi.stubEnv('CONVEX_SITE_URL', ISSUER))
afterEach(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
})

async function requestToken(browser: AuthBrowser, path = '/convex/token'): Promise<string> {
  const { status, body } = await browser.get(path)
  expect(status).toBe(200)
  return body.token
}

/** Verifies a token with the keys that the server publishes at this time, as Convex does. */
async function verify(server: AuthServer, token: string): Promise<Record<string, unknown>> {
  const { body } = await server.openBrowser().get('/convex/jwks')
  const { payload } = await jwtVerify(token, createLocalJWKSet(body), {
    algorithms: ['ES256', 'RS256'],
    issuer: ISSUER,
    audience: 'convex',
    currentDate: new Date(),
  })
  return payload
}

describe.each(lines)('convex, with Better Auth %s', (line) => {
  const createServer = (options: ConvexTokenOptions = {}, more: object = {}): Promise<AuthServer> =>
    createAuthServer(line, ({ convex }) => ({ plugins: [convex(options)], ...more }))

  it('accepts this version, and throws an error for a version that it does not support', async () => {
    const { auth, modules } = await createServer()
    const { version } = await auth.$context
    expect(version.startsWith(`${line}.`)).toBe(true)
    expect(() => modules.convex().init({ version: '1.6.33' })).toThrow(expect.objectContaining({
      code: 'VERSION_CONFLICT',
      why: 'better-auth 1.6.33 is installed, but Convue works with better-auth >=1.6.34 <1.8.',
    }))
  })

  describe('the token endpoint', () => {
    it.each(['ES256', 'RS256'] as const)('issues a token with %s that the published keys verify', async (algorithm) => {
      const server = await createServer({ algorithm })
      const ada = await signUp(server)
      const token = await requestToken(ada)
      expect(decodeProtectedHeader(token)).toEqual({ alg: algorithm, kid: server.db.jwks![0].id, typ: 'JWT' })
      const claims = await verify(server, token)
      expect(claims).toMatchObject({ sub: ada.userId, name: 'Ada', email: ada.email, sessionId: server.db.session![0].id })
      expect(claims.exp).toBe(Number(claims.iat) + 900)
      expect(claims).not.toHaveProperty('image')
    })

    it('answers a request without a session with status 401 and JSON', async () => {
      const server = await createServer()
      const { status, body } = await server.openBrowser().get('/convex/token')
      expect(status).toBe(401)
      expect(body).toMatchObject({ message: expect.any(String) })
    })

    it('forbids caches to store the token', async () => {
      const { headers } = await (await signUp(await createServer())).get('/convex/token')
      expect(headers.get('cache-control')).toBe('no-store')
    })

    it('accepts the session token as a bearer token, as functions send it', async () => {
      const server = await createServer()
      await signUp(server)
      const headers = new Headers({ authorization: `Bearer ${server.db.session![0].token}` })
      expect(await server.auth.api.getToken({ headers })).toEqual({ token: expect.stringMatching(/^[\w-]+(?:\.[\w-]+){2}$/) })
    })

    it('is at tokenPath', async () => {
      const ada = await signUp(await createServer({ tokenPath: '/convex-token' }))
      expect(decodeJwt(await requestToken(ada, '/convex-token')).sub).toBe(ada.userId)
      expect((await ada.get('/convex/token').catch(() => ({ status: 404 }))).status).toBe(404)
    })

    it('sets the claims of definePayload, which cannot replace the claims of the plugin', async () => {
      const definePayload = async ({ user, session }: any): Promise<Record<string, unknown>> =>
        ({ role: `${user.name} of ${session.id}`, sub: 'eve', sessionId: 'hers', iat: 1, exp: 2, iss: 'https://evil.example', aud: 'others' })
      const server = await createServer({ jwt: { definePayload, expirationSeconds: 60 } })
      const ada = await signUp(server)
      const claims = await verify(server, await requestToken(ada))
      const sessionId = server.db.session![0].id
      expect(claims).toMatchObject({ role: `Ada of ${sessionId}`, sub: ada.userId, sessionId })
      expect(claims.exp).toBe(Number(claims.iat) + 60)
      expect(claims.iat).toBeGreaterThan(Date.now() / 1000 - 60)
      expect(claims).not.toHaveProperty('email')
    })

    it.each(['a field of the user', 'definePayload'])('omits claims with names of Convex\'s UserIdentity, if they are set by %s', async (source) => {
      const stolen = { subject: 'eve', issuer: 'https://evil.example', tokenIdentifier: 'https://evil.example|eve' }
      const fields = Object.fromEntries(Object.keys(stolen).map(name => [name, { type: 'string' as const, required: false }]))
      const isField = source === 'a field of the user'
      const server = isField
        ? await createServer({}, { user: { additionalFields: fields } })
        : await createServer({ jwt: { definePayload: () => ({ ...stolen, plan: 'free' }) } })
      const ada = await signUp(server)
      if (isField)
        expect((await ada.post('/update-user', stolen)).status).toBe(200)
      const claims = decodeJwt(await requestToken(ada))
      expect(claims.sub).toBe(ada.userId)
      expect(Object.keys(claims)).toContain(isField ? 'email' : 'plan')
      expect(Object.keys(claims).filter(name => name in stolen)).toEqual([])
    })

    it('does not show fields of the user that Better Auth does not return', async () => {
      const user = { additionalFields: { note: { type: 'string', returned: false, defaultValue: 'internal' }, role: { type: 'string', defaultValue: 'admin' } } }
      const ada = await signUp(await createServer({}, { user }))
      const claims = decodeJwt(await requestToken(ada))
      expect(claims).toHaveProperty('role', 'admin')
      expect(claims).not.toHaveProperty('note')
    })

    it('issues no token that outlives its session', async () => {
      const ada = await signUp(await createServer({}, { session: { expiresIn: 600, updateAge: 1000 } }))
      const { iat, exp } = decodeJwt(await requestToken(ada))
      expect(exp! - iat!).toBeLessThanOrEqual(600)
      expect(exp! - iat!).toBeGreaterThan(300)
    })

    it('warns once of an issuer that is undefined on the server of an app', async () => {
      const warn = vi.fn()
      const logger = { level: 'warn' as const, log: (_level: string, message: string) => warn(message) }
      const { auth } = await createServer({ issuer: undefined }, { logger })
      await auth.$context
      await createServer({}, { logger }).then(server => server.auth.$context)
      vi.stubEnv('CONVEX_CLOUD_URL', 'https://happy-otter-123.convex.cloud')
      await createServer({ issuer: undefined }, { logger }).then(server => server.auth.$context)
      expect(warn.mock.calls.flat().filter(message => message.includes('ISSUER_MISSING'))).toEqual([expect.stringContaining('`SITE_URL`')])
    })

    it('signs with the issuer of the option', async () => {
      const ada = await signUp(await createServer({ issuer: 'https://app.example/' }))
      expect(decodeJwt(await requestToken(ada)).iss).toBe('https://app.example')
    })
  })

  describe('the cookie convex_jwt', () => {
    const NAME = '__Secure-better-auth.convex_jwt'

    it('is set at a sign-up with the attributes of the session cookie, and ends with the token', async () => {
      const server = await createServer({ jwt: { expirationSeconds: 300 } })
      const { setCookies } = await server.openBrowser().post('/sign-up/email', { email: nextEmail(), password: PASSWORD, name: 'Ada' })
      const [cookie] = setCookies.filter((setCookie: string) => setCookie.startsWith(`${NAME}=`))
      expect(cookie).toMatch(/; Max-Age=300;.*Path=\/; HttpOnly; Secure; SameSite=Lax/)
    })

    it('has the prefix of the other cookies', async () => {
      const ada = await signUp(await createServer({}, { advanced: { cookiePrefix: 'shop' } }))
      expect([...ada.fetch.cookies.keys()]).toContain('__Secure-shop.convex_jwt')
    })

    it('ends with the browser after a sign-in with rememberMe: false', async () => {
      const server = await createServer()
      const { email } = await signUp(server)
      const browser = server.openBrowser()
      const answers = [
        await browser.post('/sign-in/email', { email, password: PASSWORD, rememberMe: false }),
        await browser.get('/convex/token'),
        await browser.get('/get-session'),
        await browser.post('/update-user', { name: 'Grace' }),
      ]
      for (const { setCookies } of answers) {
        const cookies = setCookies.filter((setCookie: string) => setCookie.startsWith(`${NAME}=`))
        expect(cookies).toEqual([expect.stringMatching(/=[\w-]+\..*; HttpOnly/)])
        expect(cookies.join()).not.toMatch(/max-age|expires/i)
      }
    })

    it('is not set for a revoked session that session.cookieCache still contains', async () => {
      const server = await createServer({}, { session: { cookieCache: { enabled: true, maxAge: 300 } } })
      const ada = await signUp(server)
      await ada.get('/get-session')
      server.db.session!.length = 0
      ada.fetch.cookies.delete(NAME)
      expect((await ada.get('/get-session')).body).toMatchObject({ user: { name: 'Ada' } })
      expect(ada.tokenCookie).toBeUndefined()
      expect((await ada.get('/convex/token')).status).toBe(401)
      expect(ada.tokenCookie).toBeUndefined()
    })

    it('is set by the token endpoint with session.cookieCache', async () => {
      const ada = await signUp(await createServer({}, { session: { cookieCache: { enabled: true, maxAge: 300 } } }))
      ada.fetch.cookies.delete(NAME)
      await requestToken(ada)
      expect(decodeJwt(ada.tokenCookie!).sub).toBe(ada.userId)
    })

    it.each(['/convex/token', '/get-session'])('is set again by %s', async (path) => {
      const ada = await signUp(await createServer())
      ada.fetch.cookies.delete(NAME)
      await ada.get(path)
      expect(decodeJwt(ada.tokenCookie!).sub).toBe(ada.userId)
    })

    it('is cleared at a sign-out', async () => {
      const ada = await signUp(await createServer())
      const { setCookies } = await ada.post('/sign-out')
      expect(setCookies.filter((setCookie: string) => setCookie.startsWith(`${NAME}=`))).toEqual([expect.stringMatching(/=; Max-Age=0;/)])
      expect(ada.tokenCookie).toBeUndefined()
    })

    it('is cleared when get-session finds no session', async () => {
      const server = await createServer()
      const ada = await signUp(server)
      server.db.session!.length = 0
      expect((await ada.get('/get-session')).body).toBeNull()
      expect(ada.tokenCookie).toBeUndefined()
    })

    it('is cleared when another endpoint ends the session', async () => {
      const server = await createAuthServer(line, ({ convex, multiSession }) => ({ plugins: [multiSession(), convex()] }))
      const ada = await signUp(server)
      expect(ada.tokenCookie).toBeDefined()
      await ada.post('/multi-session/revoke', { sessionToken: server.db.session![0].token })
      expect(ada.tokenCookie).toBeUndefined()
    })

    it.each(['/revoke-session', '/revoke-sessions'])('is cleared when %s ends the current session', async (path) => {
      const server = await createServer()
      const ada = await signUp(server)
      const { status } = await ada.post(path, { token: server.db.session![0].token })
      expect([status, server.db.session]).toEqual([200, []])
      expect(ada.tokenCookie).toBeUndefined()
    })

    it('remains when /revoke-session ends another session', async () => {
      const server = await createServer()
      const ada = await signUp(server)
      await server.openBrowser().post('/sign-in/email', { email: ada.email, password: PASSWORD })
      await ada.post('/revoke-session', { token: server.db.session![1].token })
      expect(server.db.session).toHaveLength(1)
      expect(ada.tokenCookie).toBeDefined()
    })

    it('is cleared when the user is deleted, and remains when only an e-mail was sent', async () => {
      const confirmed = await createServer({}, { user: { deleteUser: { enabled: true, sendDeleteAccountVerification: async () => {} } } })
      const ada = await signUp(confirmed)
      expect((await ada.post('/delete-user')).status).toBe(200)
      expect(confirmed.db.user).toHaveLength(1)
      expect(ada.tokenCookie).toBeDefined()

      const immediate = await createServer({}, { user: { deleteUser: { enabled: true } } })
      const grace = await signUp(immediate)
      expect((await grace.post('/delete-user', { password: 'wrong' })).status).toBe(400)
      expect(grace.tokenCookie).toBeDefined()
      await grace.post('/delete-user', { password: PASSWORD })
      expect(immediate.db.user).toHaveLength(0)
      expect(grace.tokenCookie).toBeUndefined()
    })

    it.each([
      ['cannot be created', () => Promise.reject(new Error('no payload'))],
      ['is too large for a cookie', async () => ({ text: 'x'.repeat(3600) })],
    ])('is cleared when another user signs in and the token of this user %s', async (_name, payloadOfGrace) => {
      const server = await createServer({ jwt: { definePayload: async ({ user }) => user.name === 'Grace' ? await payloadOfGrace() : {} } })
      const ada = await signUp(server)
      const { status } = await ada.post('/sign-up/email', { email: nextEmail(), password: PASSWORD, name: 'Grace' })
      expect(status).toBe(200)
      expect(ada.tokenCookie).toBeUndefined()
    })

    it('belongs to the new session after a change of the password', async () => {
      const server = await createServer()
      const ada = await signUp(server)
      const before = decodeJwt(ada.tokenCookie!).sessionId
      await ada.post('/change-password', { currentPassword: PASSWORD, newPassword: 'another horse battery', revokeOtherSessions: true })
      expect(decodeJwt(ada.tokenCookie!).sessionId).toBe(server.db.session![0].id)
      expect(decodeJwt(ada.tokenCookie!).sessionId).not.toBe(before)
    })

    it('belongs to the new session of a user with a second factor after a change of the password', async () => {
      const server = await createAuthServer(line, ({ convex, twoFactor }) => ({ plugins: [convex(), twoFactor()] }))
      const ada = await signUp(server)
      server.db.user![0].twoFactorEnabled = true
      await ada.post('/change-password', { currentPassword: PASSWORD, newPassword: 'another horse battery', revokeOtherSessions: true })
      expect(decodeJwt(ada.tokenCookie!).sessionId).toBe(server.db.session![0].id)
    })

    it('belongs to the chosen user after multiSession has switched to a user with a second factor', async () => {
      const server = await createAuthServer(line, ({ convex, multiSession, twoFactor }) => ({ plugins: [multiSession(), convex(), twoFactor()] }))
      const ada = await signUp(server)
      const { body: { user: grace } } = await ada.post('/sign-up/email', { email: nextEmail(), password: PASSWORD, name: 'Grace' })
      server.db.user![1].twoFactorEnabled = true
      for (const [index, userId] of [ada.userId, grace.id].entries()) {
        await ada.post('/multi-session/set-active', { sessionToken: server.db.session![index].token })
        expect(decodeJwt(ada.tokenCookie!).sub).toBe(userId)
      }
    })

    it.each(['before', 'after'])('is cleared by a sign-in that still needs a second factor, with convex() %s twoFactor()', async (order) => {
      const server = await createAuthServer(line, ({ convex, twoFactor }) =>
        ({ plugins: order === 'before' ? [convex(), twoFactor()] : [twoFactor(), convex()] }))
      const grace = await signUp(server)
      server.db.user![0].twoFactorEnabled = true
      const ada = await signUp(server)
      const { body } = await ada.post('/sign-in/email', { email: grace.email, password: PASSWORD })
      expect(body).toMatchObject({ twoFactorRedirect: true })
      expect(ada.tokenCookie).toBeUndefined()
    })

    it.each(['before', 'after'])('is not set while the second factor is missing, with convex() %s twoFactor()', async (order) => {
      const server = await createAuthServer(line, ({ convex, twoFactor }) =>
        ({ plugins: order === 'before' ? [convex(), twoFactor()] : [twoFactor(), convex()] }))
      const ada = await signUp(server)
      server.db.user![0].twoFactorEnabled = true
      const intruder = server.openBrowser()
      const { body, setCookies } = await intruder.post('/sign-in/email', { email: ada.email, password: PASSWORD })
      expect(body).toMatchObject({ twoFactorRedirect: true })
      expect(setCookies.join()).not.toMatch(/convex_jwt=[\w-]+\./)
      expect((await intruder.get('/convex/token')).status).toBe(401)
    })
  })

  describe('the public keys', () => {
    it('contain nothing of a private key', async () => {
      for (const algorithm of ['ES256', 'RS256'] as const) {
        const server = await createServer({ algorithm })
        const { body } = await server.openBrowser().get('/convex/jwks')
        const members = algorithm === 'ES256' ? ['crv', 'x', 'y'] : ['n', 'e']
        expect(body.keys.map((key: object) => Object.keys(key).sort())).toEqual([['alg', 'kid', 'kty', 'use', ...members].sort()])
      }
    })

    it('have an OpenID Connect configuration below the base path, which contains their address', async () => {
      const server = await createServer({}, { basePath: '/custom/auth' })
      const response = await server.auth.handler(new Request(`${SITE_URL}/custom/auth/convex/.well-known/openid-configuration`))
      expect(await response.json()).toMatchObject({ issuer: ISSUER, jwks_uri: `${ISSUER}/custom/auth/convex/jwks` })
    })

    it.each(['/convex/rotate-keys', '/convex/latest-jwks'])('have no route at %s, which would change them or return their private parts', async (path) => {
      const server = await createServer()
      const response = await signUp(server).then(ada => ada.fetch(`${SITE_URL}/api/auth${path}`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }))
      expect(response.status).toBe(404)
    })
  })

  describe('a query, where the adapter cannot write', () => {
    it('reads the session without a write', async () => {
      const server = await createServer()
      await signUp(server)
      const { adapter } = await server.auth.$context
      adapter.options.isRunMutationCtx = false
      const writes = vi.spyOn(adapter, 'update')
      server.db.session![0].updatedAt = new Date(0)
      server.db.session![0].expiresAt = new Date(Date.now() + 600_000)
      const headers = new Headers({ authorization: `Bearer ${server.db.session![0].token}` })
      expect(await server.auth.api.getSession({ headers })).toMatchObject({ user: { name: 'Ada' } })
      expect(writes).not.toHaveBeenCalled()
    })
  })

  describe('options', () => {
    it.each([
      [{ algorithm: 'EdDSA' }, /`algorithm`/],
      [{ tokenPath: 'token' }, /`tokenPath`/],
      [{ tokenPath: '/../token' }, /`tokenPath`/],
      [{ issuer: 'app.example' }, /`issuer`/],
      [{ jwt: { expirationSeconds: 0 } }, /`jwt.expirationSeconds`/],
      [{ jwt: { definePayload: {} } }, /`jwt.definePayload`/],
    ])('refuses %j', async (options, message) => {
      const { modules: { convex } } = await createServer()
      expect(() => convex(options as any)).toThrow(expect.objectContaining({ code: 'CONVEX_OPTION_INVALID', message: expect.stringMatching(message) }))
    })

    it.each(['', 'JWKS', '[]', '{"keys":[]}', '[{"id":"a"}]'])('refuses the keys %j without quoting them', async (jwks) => {
      const { modules: { convex } } = await createServer()
      expect(() => convex({ jwks })).toThrow(expect.objectContaining({ code: 'JWKS_INVALID' }))
    })
  })
})
