import {
  adminClient,
  anonymousClient,
  emailOTPClient,
  magicLinkClient,
  multiSessionClient,
  oneTimeTokenClient,
  phoneNumberClient,
  twoFactorClient,
} from 'better-auth/client/plugins'
import { useAuthedQuery, useConvexSignIn } from 'convue'
import { describe, expect, it } from 'vitest'
import { openPage, page } from '../../../support/scripted/identity-page.ts'
import { identityApi as api, recordTicks } from '../../../support/scripted/identity.ts'
import { json, noAnswer, ScriptedAuthServer, sessionOf } from '../../../support/scripted/scripted-auth-client.ts'

let server: ScriptedAuthServer

async function openAuthPage(user: string | null, plugins: any[] = [], fetchOptions: object = {}) {
  server = new ScriptedAuthServer(user)
  const authClient: any = server.createClient(plugins, fetchOptions)
  openPage({ authClient })
  const { result } = page.run(() => ({ ...useConvexSignIn({ timeoutMs: 20_000 }), tasks: useAuthedQuery(api.tasks, {}) }))
  await page.tick(100)
  server.requests.length = 0
  return { ...result, authClient, auth: page.convex.auth }
}

/** The server signs this user in when it answers a request to the path. */
function answerSignIn(path: string, userId: string, body: object): void {
  server.answers[path] = () => {
    server.user = userId
    return Response.json(body)
  }
}

/** Runs the timers until a promise has settled. */
async function settle<T>(promise: Promise<T>): Promise<T> {
  const state = { isSettled: false }
  const end = (): unknown => state.isSettled = true
  promise.then(end, end)
  while (!state.isSettled)
    await page.tick(5)
  return await promise
}

const email = (client: any): unknown => client.signIn.email({ email: 'e', password: 'p' })

/** The two forms of answers to a sign-in. */
const tokenOf = (userId: string): object => ({ token: 'secret', user: { id: userId } })
const WAYS: [path: string, plugins: any[], body: (userId: string) => object, signIn: (authClient: any) => unknown][] = [
  ['/sign-in/email', [], tokenOf, email],
  ['/sign-up/email', [], tokenOf, c => c.signUp.email({ email: 'e', password: 'p', name: 'n' })],
  ['/sign-in/social', [], tokenOf, c => c.signIn.social({ provider: 'google', idToken: { token: 't' } })],
  ['/magic-link/verify', [magicLinkClient()], userId => ({ ...tokenOf(userId), ...sessionOf(userId) }), c => c.magicLink.verify({ query: { token: 't' } })],
  ['/two-factor/verify-totp', [twoFactorClient()], tokenOf, c => c.twoFactor.verifyTotp({ code: '1' })],
  ['/one-time-token/verify', [oneTimeTokenClient()], sessionOf, c => c.oneTimeToken.verify({ token: 't' })],
  ['/sign-in/anonymous', [anonymousClient()], tokenOf, c => c.signIn.anonymous()],
  ['/sign-in/email-otp', [emailOTPClient()], tokenOf, c => c.signIn.emailOtp({ email: 'e', otp: '1' })],
  ['/phone-number/verify', [phoneNumberClient()], userId => ({ status: true, ...tokenOf(userId) }), c => c.phoneNumber.verify({ phoneNumber: '1', code: '1' })],
  ['/multi-session/set-active', [multiSessionClient()], sessionOf, c => c.multiSession.setActive({ sessionToken: 's' })],
  ['/admin/impersonate-user', [adminClient()], sessionOf, c => c.admin.impersonateUser({ userId: 'u' })],
  ['/admin/stop-impersonating', [adminClient()], sessionOf, c => c.admin.stopImpersonating()],
]

describe('useConvexSignIn', () => {
  describe('every way in', () => {
    it.each(WAYS)('resolves when the deployment has confirmed the user: %s', async (path, plugins, body, run) => {
      const { signIn, authClient, auth, tasks } = await openAuthPage(null, plugins)
      answerSignIn(path, 'ada', body('ada'))
      expect(await settle(signIn(() => run(authClient)))).toBe(true)
      expect([auth.status.value, auth.user.value?.id]).toEqual(['authenticated', 'ada'])
      await page.tick()
      expect(tasks.data.value).toBe('ada\'s tasks')
      expect(server.paths()).toEqual([path, '/get-session', '/convex/token'])
    })

    it.each(WAYS)('switches from another user, and shows no data of that user to the new one: %s', async (path, plugins, body, run) => {
      const { signIn, authClient, auth, tasks } = await openAuthPage('ada', plugins)
      expect(tasks.data.value).toBe('ada\'s tasks')
      answerSignIn(path, 'bea', body('bea'))
      const ticks = recordTicks(() => [auth.user.value?.id, tasks.data.value])
      expect(await settle(signIn(() => run(authClient)))).toBe(true)
      expect([auth.status.value, auth.user.value?.id]).toEqual(['authenticated', 'bea'])
      await page.tick()
      expect(ticks).toEqual(['["ada","ada\'s tasks"]', '["bea",null]', '["bea","bea\'s tasks"]'])
    })
  })

  describe('an answer without a session', () => {
    it.each<[name: string, path: string, plugins: any[], body: object, run: (authClient: any) => unknown]>([
      ['a mail with a link', '/sign-in/magic-link', [magicLinkClient()], { status: true }, c => c.signIn.magicLink({ email: 'e' })],
      ['a second factor', '/sign-in/email', [], { twoFactorRedirect: true }, email],
      ['an address to verify', '/sign-up/email', [], { token: null, user: { id: 'ada' } }, c => c.signUp.email({ email: 'e', password: 'p', name: 'n' })],
      ['the page of a provider', '/sign-in/social', [], { url: '#', redirect: false }, c => c.signIn.social({ provider: 'google' })],
    ])('resolves with false: %s', async (_name, path, plugins, body, run) => {
      const { signIn, authClient, isPending, auth } = await openAuthPage(null, plugins)
      server.answers[path] = json(body)
      expect(await settle(signIn(() => run(authClient)))).toBe(false)
      expect([isPending.value, auth.status.value]).toEqual([false, 'unauthenticated'])
      expect(server.paths()).toEqual([path])
    })
  })

  describe('a sign-in that fails', () => {
    const REFUSAL = { code: 'INVALID_EMAIL_OR_PASSWORD', message: 'Invalid email or password' }

    it.each([
      ['returns its errors', {}, { code: REFUSAL.code, status: 401 }],
      ['throws its errors', { throw: true }, { status: 401, error: REFUSAL }],
    ])('rejects with its own error, which is also state, if the client %s', async (_name, fetchOptions, expected) => {
      const { signIn, authClient, error, isPending } = await openAuthPage(null, [], fetchOptions)
      server.answers['/sign-in/email'] = json(REFUSAL, { status: 401 })
      const signedIn = signIn(() => email(authClient))
      expect([isPending.value, error.value]).toEqual([true, undefined])
      await expect(settle(signedIn)).rejects.toMatchObject(expected)
      expect(isPending.value).toBe(false)
      expect(error.value).toMatchObject(expected)
    })

    it.each([null, 'done', '', 5, true])('resolves with false if the sign-in returns %j, which has no session', async (answer) => {
      const { signIn, error } = await openAuthPage(null)
      expect(await settle(signIn(() => answer))).toBe(false)
      expect(error.value).toBeUndefined()
    })

    it('works with a client that throws its errors', async () => {
      const { signIn, authClient } = await openAuthPage(null, [], { throw: true })
      answerSignIn('/sign-in/email', 'ada', tokenOf('ada'))
      expect(await settle(signIn(() => email(authClient)))).toBe(true)
    })

    it('rejects with SIGN_IN_FAILED if the browser has not kept the session', async () => {
      const { signIn, authClient, auth } = await openAuthPage(null)
      server.answers['/sign-in/email'] = json(tokenOf('ada'))
      await expect(settle(signIn(() => email(authClient)))).rejects.toMatchObject({ code: 'SIGN_IN_FAILED' })
      expect(auth.status.value).toBe('unauthenticated')
    })

    it('rejects with TOKEN_REJECTED if the deployment refuses the token', async () => {
      const { signIn, authClient } = await openAuthPage(null)
      page.deployment.accepts = () => false
      answerSignIn('/sign-in/email', 'ada', tokenOf('ada'))
      const start = Date.now()
      await expect(settle(signIn(() => email(authClient)))).rejects.toMatchObject({ code: 'TOKEN_REJECTED' })
      // In virtual time: it does not wait until the end of the time.
      expect(Date.now() - start).toBeLessThan(10_000)
    })

    it('waits while a request for the token is repeated, until the end of the time', async () => {
      const { signIn, authClient } = await openAuthPage(null)
      answerSignIn('/sign-in/email', 'ada', tokenOf('ada'))
      server.answers['/convex/token'] = json({}, { status: 503 })
      const first = signIn(() => email(authClient))
      await page.tick(3000)
      delete server.answers['/convex/token']
      expect(await settle(first)).toBe(true)

      answerSignIn('/sign-in/email', 'bea', tokenOf('bea'))
      server.answers['/convex/token'] = noAnswer
      await expect(settle(signIn(() => email(authClient)))).rejects.toMatchObject({ code: 'TOKEN_REQUEST_FAILED' })
    })
  })

  describe('another provider', () => {
    it('waits for any user if the sign-in returns nothing', async () => {
      openPage()
      const { result: { signIn } } = page.run(() => useConvexSignIn())
      await page.tick()
      const signedIn = signIn(async () => {
        setTimeout(() => page.source.signIn('ada'), 100)
      })
      expect(await settle(signedIn)).toBe(true)
      expect(page.convex.auth.status.value).toBe('authenticated')
    })
  })

  describe('several calls', () => {
    it('have the state of the latest call, and settle separately', async () => {
      openPage()
      const { result: { signIn, isPending, error } } = page.run(() => useConvexSignIn())
      const failure = new Error('No.')
      const first = signIn(async () => {
        throw failure
      })
      const second = signIn(() => new Promise(resolve => setTimeout(resolve, 100, { status: true })))
      await expect(settle(first)).rejects.toBe(failure)
      expect([isPending.value, error.value]).toEqual([true, undefined])
      expect(await settle(second)).toBe(false)
      expect([isPending.value, error.value]).toEqual([false, undefined])
    })
  })
})

describe('useConvexAuth: ready', () => {
  it.each(WAYS)('resolves with true right after the sign-in has been answered: %s', async (path, plugins, body, run) => {
    const { authClient, auth } = await openAuthPage(null, plugins)
    answerSignIn(path, 'ada', body('ada'))
    await settle(Promise.resolve(run(authClient)))
    expect(await settle(auth.ready())).toBe(true)
    expect(auth.status.value).toBe('authenticated')
  })

  it('waits for a sign-in that has not been answered yet', async () => {
    const { authClient, auth } = await openAuthPage(null)
    server.answers['/sign-in/email'] = async () => {
      await new Promise(resolve => setTimeout(resolve, 500))
      server.user = 'ada'
      return Response.json(tokenOf('ada'))
    }
    void email(authClient)
    await page.tick(100)
    expect(await settle(auth.ready())).toBe(true)
  })

  it('resolves with false after a failed sign-in, and after ten seconds without get-session', async () => {
    const { authClient, auth } = await openAuthPage(null)
    server.answers['/sign-in/email'] = json({}, { status: 401 })
    await settle(Promise.resolve(email(authClient)))
    expect(await settle(auth.ready())).toBe(false)

    server.answers['/sign-in/email'] = json(tokenOf('ada'))
    server.answers['/get-session'] = () => new Promise(() => {})
    await settle(Promise.resolve(email(authClient)))
    expect(await settle(auth.ready())).toBe(false)
  })
})
