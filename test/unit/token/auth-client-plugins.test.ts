import { crossDomainClient } from '@convex-dev/better-auth/client/plugins'
import {
  anonymousClient,
  emailOTPClient,
  magicLinkClient,
  multiSessionClient,
  oneTimeTokenClient,
  phoneNumberClient,
  siweClient,
  twoFactorClient,
  usernameClient,
} from 'better-auth/client/plugins'
import { useAuthedQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi as api, recordTicks } from '../../support/scripted/identity.ts'
import { json, noAnswer, ScriptedAuthServer, sessionOf } from '../../support/scripted/scripted-auth-client.ts'

let server: ScriptedAuthServer

function openAuthPage(plugins: any[]) {
  const authClient = server.createClient(plugins)
  openPage({ authClient })
  const { result: tasks } = page.run(() => useAuthedQuery(api.tasks, {}))
  return { authClient: authClient as any, tasks, auth: page.convex.auth }
}

/** An auth server on another origin, to which the client sends its session in a header. */
class CrossDomainServer extends ScriptedAuthServer {
  session: string | null = 's1'

  constructor() {
    super('ada')
    localStorage.setItem('better-auth_cookie', JSON.stringify({ 'better-auth.session_token': { value: 's1', expires: null } }))
  }

  override answer(path: string): Response {
    const sent = this.requests.at(-1)!.headers.get('better-auth-cookie')
    this.user = this.session !== null && sent === `better-auth.session_token=${this.session}` ? 'ada' : null
    if (path !== '/sign-out')
      return super.answer(path)
    if (this.user)
      this.session = null
    return Response.json({ success: true }, { headers: { 'set-better-auth-cookie': 'better-auth.session_token=; Max-Age=0; Path=/' } })
  }
}

describe('hookAuthClient', () => {
  describe('crossDomainClient()', () => {
    async function openSignedIn() {
      const crossDomain = server = new CrossDomainServer()
      const opened = openAuthPage([crossDomainClient()])
      await page.tick(100)
      expect(opened.tasks.data.value).toBe('ada\'s tasks')
      server.requests.length = 0
      return { ...opened, crossDomain }
    }

    it.each([
      ['useConvexAuth().signOut()', ({ auth }: { auth: { signOut: () => Promise<void> } }) => auth.signOut()],
      ['authClient.signOut()', ({ authClient }: any) => authClient.signOut()],
    ])('is signed out by %s, and the session has ended', async (_name, signOut) => {
      const opened = await openSignedIn()
      await signOut(opened)
      await page.tick(100)
      expect(opened.auth.status.value).toBe('unauthenticated')
      expect(opened.tasks.data.value).toBeUndefined()
      expect(opened.crossDomain.session).toBeNull()
      expect(opened.authClient.getCookie()).toBe('')
      expect(server.count('/convex/token')).toBe(0)
    })

    it.each([
      ['no answer', noAnswer],
      ['500', json({ message: 'Internal' }, { status: 500 })],
    ])('stays signed in if the sign-out request fails, after a reload too: %s', async (_name, answer) => {
      const { auth, authClient, tasks, crossDomain } = await openSignedIn()
      const ticks = recordTicks(() => [auth.status.value, tasks.data.value])
      server.answers['/sign-out'] = answer
      await expect(auth.signOut()).rejects.toMatchObject({ code: 'SIGN_OUT_FAILED' })
      await page.tick(10_000)
      expect(ticks).toEqual(['["authenticated","ada\'s tasks"]'])
      expect(crossDomain.session).toBe('s1')
      expect(authClient.getCookie()).toBe('better-auth.session_token=s1')
      expect(authClient.$store.atoms.session.get().data.user.id).toBe('ada')
      // The next attempt ends the session.
      delete server.answers['/sign-out']
      await auth.signOut()
      expect(auth.status.value).toBe('unauthenticated')
      expect(crossDomain.session).toBeNull()
    })

    it('keeps its session after an empty answer', async () => {
      const { auth, authClient } = await openSignedIn()
      server.answers['/get-session'] = () => new Response('')
      authClient.$store.notify('$sessionSignal')
      await page.tick(100)
      expect(auth.status.value).toBe('authenticated')
      expect(authClient.getCookie()).toBe('better-auth.session_token=s1')
    })
  })

  describe('customSession()', () => {
    it('adds its fields to the session', async () => {
      server = new ScriptedAuthServer('ada')
      const { user, session } = sessionOf('ada')
      server.answers['/get-session'] = json({ user, session, roles: ['admin'], token: 'secret', id: 'not the id', needsRefresh: false })
      const { auth } = openAuthPage([])
      await page.tick(100)
      expect(auth.session.value).toMatchObject({ id: 'session-of-ada', userId: 'ada', roles: ['admin'] })
      expect(auth.session.value).not.toHaveProperty('token')
      expect(auth.session.value).not.toHaveProperty('needsRefresh')
      expect(auth.user.value).toMatchObject({ id: 'ada', name: 'ada' })
    })
  })

  describe('multiSessionClient()', () => {
    it.each(['bea', null])('when the active session is revoked, switches the page to the next user: %s', async (next) => {
      server = new ScriptedAuthServer('ada')
      const { auth, authClient, tasks } = openAuthPage([multiSessionClient()])
      await page.tick(100)
      expect(tasks.data.value).toBe('ada\'s tasks')
      server.answers['/multi-session/revoke'] = () => {
        server.user = next
        return Response.json({ status: true })
      }
      await authClient.multiSession.revoke({ sessionToken: 's' })
      await page.tick(100)
      expect(auth.user.value?.id ?? null).toBe(next)
      expect(tasks.data.value).toBe(next ? 'bea\'s tasks' : undefined)
    })
  })

  /** The two forms of answers to a sign-in. */
  const TOKEN = { token: 'secret', user: { id: 'ada' } }
  const SESSION = sessionOf('ada')

  describe('a request of the auth client that signs in', () => {
    it.each<[path: string, plugins: any[], body: object, signIn: (authClient: any) => unknown]>([
    // Better Auth's client sends no signal for these.
      ['/sign-in/social', [], { redirect: false, ...TOKEN }, c => c.signIn.social({ provider: 'google', idToken: { token: 't' } })],
      ['/magic-link/verify', [magicLinkClient()], { ...TOKEN, ...SESSION }, c => c.magicLink.verify({ query: { token: 't' } })],
      ['/one-tap/callback', [], TOKEN, c => c.$fetch('/one-tap/callback', { method: 'POST', body: { idToken: 't' } })],
      ['/siwe/verify', [siweClient()], { success: true, ...TOKEN }, c => c.siwe.verify({ message: 'm', signature: 's' })],
      ['/one-time-token/verify', [oneTimeTokenClient()], SESSION, c => c.oneTimeToken.verify({ token: 't' })],
      ['/sign-in/email', [], { redirect: false, ...TOKEN }, c => c.$fetch('/sign-in/email', { method: 'POST', body: {} })],
      // Better Auth's client sends a signal for these.
      ['/sign-in/email', [], { redirect: false, ...TOKEN }, c => c.signIn.email({ email: 'e', password: 'p' })],
      ['/sign-up/email', [], TOKEN, c => c.signUp.email({ email: 'e', password: 'p', name: 'n' })],
      ['/sign-in/anonymous', [anonymousClient()], TOKEN, c => c.signIn.anonymous()],
      ['/sign-in/email-otp', [emailOTPClient()], TOKEN, c => c.signIn.emailOtp({ email: 'e', otp: '1' })],
      ['/sign-in/username', [usernameClient()], TOKEN, c => c.signIn.username({ username: 'u', password: 'p' })],
      ['/phone-number/verify', [phoneNumberClient()], { status: true, ...TOKEN }, c => c.phoneNumber.verify({ phoneNumber: '1', code: '1' })],
      ['/two-factor/verify-totp', [twoFactorClient()], TOKEN, c => c.twoFactor.verifyTotp({ code: '1' })],
      ['/multi-session/set-active', [multiSessionClient()], SESSION, c => c.multiSession.setActive({ sessionToken: 's' })],
    ])('signs the page in with one request for the session: %s', async (path, plugins, body, signIn) => {
      server = new ScriptedAuthServer(null)
      const { auth, authClient, tasks } = openAuthPage(plugins)
      await page.tick(100)
      expect(auth.status.value).toBe('unauthenticated')
      server.requests.length = 0
      server.answers[path] = () => {
        server.user = 'ada'
        return Response.json(body)
      }
      await signIn(authClient)
      await page.tick(1000)
      expect(auth.user.value?.id).toBe('ada')
      expect(tasks.data.value).toBe('ada\'s tasks')
      expect(server.paths()).toEqual([path, '/get-session', '/convex/token'])
    })
  })

  describe('a request of the auth client that ends the session', () => {
    it.each<[path: string, plugins: any[], end: (authClient: any) => unknown]>([
      ['/delete-anonymous-user', [anonymousClient()], c => c.deleteAnonymousUser()],
      ['/delete-user/callback', [], c => c.deleteUser.callback({ query: { token: 't' } })],
      ['/delete-user', [], c => c.deleteUser()],
      ['/sign-out', [], c => c.signOut()],
    ])('signs the page out with one request for the session: %s', async (path, plugins, end) => {
      server = new ScriptedAuthServer('ada')
      const { auth, authClient } = openAuthPage(plugins)
      await page.tick(100)
      server.requests.length = 0
      server.answers[path] = () => {
        server.user = null
        return Response.json({ success: true })
      }
      await end(authClient)
      await page.tick(1000)
      expect(auth.status.value).toBe('unauthenticated')
      expect(server.paths()).toEqual([path, '/get-session'])
    })
  })

  describe('a request of the auth client that does not change the session', () => {
    it.each<[path: string, body: object | null]>([
      ['/get-session', SESSION],
      ['/one-time-token/generate', { token: 't' }],
      ['/organization/invite-member', { id: 'i' }],
      ['/admin/create-user', { user: { id: 'bea' } }],
      ['/sign-in/social', { url: '#', redirect: false }],
      ['/list-accounts', null],
    ])('causes no request for the session: %s', async (path, body) => {
      server = new ScriptedAuthServer('ada')
      const { authClient } = openAuthPage([])
      await page.tick(100)
      server.requests.length = 0
      server.answers[path] = json(body)
      await authClient.$fetch(path, { method: 'POST' })
      await page.tick(1000)
      expect(server.paths()).toEqual([path])
    })
  })
})
