import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAuthServer, nextEmail, PASSWORD, signUp } from './support/auth-server.ts'
import { lines } from './support/lines.ts'

const NAME = '__Secure-better-auth.convue_store_key'

beforeEach(() => vi.stubEnv('CONVEX_SITE_URL', 'https://happy-otter-123.convex.site'))
afterEach(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
})

function keyOf(sessionToken: string): string {
  return createHash('sha256').update(`convue store key; ${sessionToken}`).digest('hex').slice(0, 32)
}

describe.each(lines)('convex, with Better Auth %s', (line) => {
  const createServer = (more: object = {}) => createAuthServer(line, ({ convex }) => ({ plugins: [convex()], ...more }))

  /** The companion cookie in the `Set-Cookie`s of a response. */
  function companion(setCookies: string[]): string | undefined {
    return setCookies.findLast(setCookie => setCookie.startsWith(`${NAME}=`))
  }

  describe('the companion cookie', () => {
    it('is set at sign-in: a hash of the session, readable by the page, without the user\'s id', async () => {
      const server = await createServer()
      const { setCookies } = await server.openBrowser().post('/sign-up/email', { name: 'Ada', email: nextEmail(), password: PASSWORD })
      const { token, userId } = server.db.session![0]
      expect(companion(setCookies)).toMatch(new RegExp(`^${NAME}=${keyOf(token)}; Max-Age=604800; `))
      expect(companion(setCookies)).not.toMatch(/HttpOnly/i)
      expect(companion(setCookies)).toMatch(/Secure/)
      expect(companion(setCookies)).not.toContain(userId)
    })

    it('ends with the browser if the session cookie does', async () => {
      const server = await createServer()
      const { email } = await signUp(server)
      const { setCookies } = await server.openBrowser().post('/sign-in/email', { email, password: PASSWORD, rememberMe: false })
      expect(companion(setCookies)).toBeDefined()
      expect(companion(setCookies)).not.toMatch(/Max-Age|Expires/i)
    })

    it('is renewed together with the session cookie, and otherwise not set', async () => {
      vi.useFakeTimers({ toFake: ['Date'] })
      const server = await createServer()
      const ada = await signUp(server)
      const isSession = (setCookie: string): boolean => setCookie.includes('.session_token=')
      const before = await ada.get('/get-session')
      expect([before.setCookies.some(isSession), companion(before.setCookies)]).toEqual([false, undefined])
      vi.setSystemTime(Date.now() + 2 * 24 * 3600_000)
      const after = await ada.get('/get-session')
      expect(after.setCookies.some(isSession)).toBe(true)
      expect(companion(after.setCookies)).toContain(`${NAME}=${keyOf(server.db.session![0].token)}; Max-Age=604800; `)
    })

    it.each(['/sign-out', '/revoke-sessions'])('is deleted by %s', async (path) => {
      const { setCookies } = await (await signUp(await createServer())).post(path, {})
      expect(companion(setCookies)).toMatch(new RegExp(`^${NAME}=; Max-Age=0; `))
    })

    it('is deleted if the session has ended', async () => {
      const server = await createServer()
      const ada = await signUp(server)
      server.db.session!.length = 0
      expect(companion((await ada.get('/get-session')).setCookies)).toMatch(new RegExp(`^${NAME}=; Max-Age=0; `))
    })

    it('has another value after a sign-in', async () => {
      const server = await createServer()
      const ada = await signUp(server)
      const before = ada.fetch.cookies.get(NAME)
      await ada.post('/sign-in/email', { email: ada.email, password: PASSWORD })
      expect(before).toBeDefined()
      expect(ada.fetch.cookies.get(NAME)).not.toBe(before)
    })

    it('is not set while the second factor of a sign-in is missing', async () => {
      const server = await createAuthServer(line, ({ convex, twoFactor }: any) => ({ plugins: [convex(), twoFactor()] }))
      const { email, userId } = await signUp(server)
      Object.assign(server.db.user!.find(({ id }) => id === userId), { twoFactorEnabled: true })
      const { setCookies } = await server.openBrowser().post('/sign-in/email', { email, password: PASSWORD })
      expect(companion(setCookies)).toMatch(new RegExp(`^${NAME}=; Max-Age=0; `))
    })
  })
})
