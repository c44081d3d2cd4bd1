import type { Deployment } from '../../src/testing/index.ts'
import { crossDomainClient } from '@convex-dev/better-auth/client/plugins'
import { multiSessionClient } from 'better-auth/client/plugins'
import { useAuthedQuery } from 'convue'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { createBrowserFetch, ORIGIN, startFixture } from '../support/live/deployment.ts'
import { becomePage, createLiveAuthClient, LivePage } from '../support/live/live-page.ts'
import { recordTicks } from '../support/scripted/identity.ts'

const PASSWORD = 'correct horse battery'

let deployment: Deployment
let page: LivePage
// The page exists for the whole file: the Better Auth client removes its listeners from the page a
// second after its own last listener was removed.
beforeAll(() => becomePage())
afterEach(() => page.close())

let users = 0

async function openPage(send: typeof fetch, plugins: any[]) {
  const { authClient, network, count } = createLiveAuthClient(deployment, send, plugins)
  page = new LivePage(deployment, { authClient })
  const me = page.run(() => useAuthedQuery(api.auth.getAuthUser))
  const signUp = async (name: string): Promise<void> => {
    const { error } = await authClient.signUp.email({ name, email: `${name}${++users}@example.com`, password: PASSWORD })
    expect(error).toBeNull()
    await eventually(() => me.data.value?.name).toBe(name)
  }
  return { authClient: authClient as any, network, count, me, signUp, auth: page.convex.auth }
}

/** Sends no cookies, like the requests of a page to another site. */
const sendWithoutCookies: typeof fetch = (input, init) => {
  const request = new Request(input, { ...init, credentials: undefined } as RequestInit)
  request.headers.set('origin', ORIGIN)
  return fetch(request)
}

describe('createConvex', () => {
  describe('crossDomainClient() and crossDomain()', () => {
    beforeAll(async () => {
      deployment = await startFixture({ env: { AUTH_PLUGINS: 'crossDomain' } })
    })
    afterAll(() => deployment.close())

    it('keep the user signed in if the sign-out request fails, and sign the user out otherwise', async () => {
      const { auth, authClient, network, me, signUp } = await openPage(sendWithoutCookies, [crossDomainClient()])
      await signUp('Ada')
      const cookie = authClient.getCookie()
      expect(cookie).toContain('session_token=')
      const ticks = recordTicks(() => [auth.status.value, me.data.value?.name])
      network.intercept = path => path === '/sign-out' ? Promise.reject(new TypeError('Failed to fetch')) : undefined
      await expect(auth.signOut()).rejects.toMatchObject({ code: 'SIGN_OUT_FAILED' })
      await authClient.$store.atoms.session.get().refetch()
      expect(ticks).toEqual(['["authenticated","Ada"]'])
      expect(authClient.getCookie()).toBe(cookie)

      network.intercept = null
      await auth.signOut()
      expect(auth.status.value).toBe('unauthenticated')
      expect(me.data.value).toBeUndefined()
      await eventually(() => authClient.getCookie()).not.toContain('session_token=')
      const response = await sendWithoutCookies(`${deployment.siteUrl}/api/auth/get-session`, { headers: { 'better-auth-cookie': cookie } })
      expect(await response.json()).toBeNull()
    })
  })

  describe('customSession() and multiSession()', () => {
    beforeAll(async () => {
      deployment = await startFixture({ env: { AUTH_PLUGINS: 'multiSession customSession' } })
    })
    afterAll(() => deployment.close())

    it('shows the fields that customSession adds', async () => {
      const { auth, signUp } = await openPage(createBrowserFetch(), [])
      await signUp('Ada')
      await eventually(() => auth.session.value?.roles).toEqual(['admin'])
      expect(auth.session.value).not.toHaveProperty('token')
    })

    it('switches to the other session after multiSession.revoke, and then signs out', async () => {
      const { auth, authClient, me, signUp } = await openPage(createBrowserFetch(), [multiSessionClient()])
      await signUp('Ada')
      await signUp('Bea')
      for (const next of ['Ada', undefined]) {
        const { data } = await authClient.getSession()
        await authClient.multiSession.revoke({ sessionToken: data.session.token })
        await eventually(() => auth.user.value?.name).toBe(next)
        await eventually(() => me.data.value?.name).toBe(next)
      }
      expect(auth.status.value).toBe('unauthenticated')
    })
  })
})
