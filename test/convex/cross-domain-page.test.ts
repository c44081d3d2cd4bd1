import type { Deployment } from '../../src/testing/index.ts'
import { join } from 'node:path'
import { genericOAuth } from 'better-auth/plugins/generic-oauth'
import { createAuthClient } from 'better-auth/vue'
import { anyApi } from 'convex/server'
import { useAuthedQuery, useConvexQuery } from 'convue'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { convexClient, crossDomainClient } from '../../src/convex/client/index.ts'
import { startDeployment } from '../../src/testing/index.ts'
import { expectConsole } from '../support/environment/console-guard.ts'
import { eventually } from '../support/environment/eventually.ts'
import { ORIGIN } from '../support/live/deployment.ts'
import { becomePage, LivePage } from '../support/live/live-page.ts'
import { recordTicks } from '../support/scripted/identity.ts'
import { providerSignIn } from './auth-browser.ts'

/** The tables of Better Auth are in the component, or in the app's own schema. */
const APPS = [
  { tables: 'of the component', app: 'tokens', whoami: anyApi.users!.whoami as any },
  { tables: 'of the app', app: 'whole-local-install', whoami: anyApi.account!.whoami as any },
]
// The component supports only Better Auth 1.6.
const apps = 'endpoints' in genericOAuth({ config: [] }) ? APPS : APPS.slice(1)

describe.each(apps)('createConvex with crossDomainClient, with the tables $tables', ({ app, whoami }) => {
  let deployment: Deployment
  let page: LivePage | undefined
  beforeAll(async () => {
    becomePage()
    deployment = await startDeployment({
      functions: join(import.meta.dirname, `apps/${app}/convex`),
      siteUrl: ORIGIN,
      env: { JWKS: '', AUTH_ISSUER: '', BASE_PATH: '', CROSS_DOMAIN: 'yes' },
    })
  })
  afterEach(async () => {
    await page?.close()
    localStorage.clear()
  })
  afterAll(() => deployment.close())

  /** Fails requests while it is set. */
  let intercept: ((path: string) => Response | Promise<Response> | undefined) | null = null

  function createClient() {
    return createAuthClient({
      baseURL: deployment.siteUrl,
      disableDefaultFetchPlugins: true,
      plugins: [convexClient(), crossDomainClient()],
      fetchOptions: {
        customFetchImpl: async (input, init) => {
          const path = new URL(String(input)).pathname.replace('/api/auth', '')
          const headers = new Headers(init?.headers)
          headers.set('origin', ORIGIN)
          return await (intercept?.(path) ?? fetch(new Request(input, { ...init, headers, credentials: undefined })))
        },
      },
    })
  }

  function openPage(authClient = createClient()) {
    page = new LivePage(deployment, { authClient })
    const { auth } = page.convex
    const [current, optional] = page.run(() => [useAuthedQuery(whoami), useConvexQuery(whoami)] as const)
    const ticks = recordTicks(() => [auth.status.value, current.data.value?.email, optional.data.value === null])
    return { auth, authClient, current, ticks, statuses: () => ticks.map(tick => JSON.parse(tick)[0]) }
  }

  /** Signs in at the provider, up to the address of the app. */
  async function signInAtProvider(): Promise<string> {
    const [path, body] = providerSignIn('/home')
    const { data } = await createClient().$fetch<{ url: string }>(`/${path}`, { method: 'POST', body })
    const authorization = new URL(data!.url).searchParams
    const callback = new URL(authorization.get('redirect_uri')!)
    callback.search = String(new URLSearchParams({ code: 'code', state: authorization.get('state')! }))
    return (await fetch(callback, { redirect: 'manual' })).headers.get('location')!
  }

  it('never shows a page as anonymous after a redirect, and removes the token from the address', async () => {
    window.history.replaceState(null, '', await signInAtProvider())
    expect(window.location.search).toMatch(/^\?ott=[\w-]+$/)
    const { current, auth, ticks } = openPage()
    expect(window.location.href).toBe(`${ORIGIN}/home`)
    await eventually(() => current.data.value?.email).toBe('ada@example.com')
    expect(auth.status.value).toBe('authenticated')
    expect(ticks.map(tick => JSON.parse(tick)).filter(([status, , isAnonymous]) => status === 'unauthenticated' || isAnonymous)).toEqual([])
    expect(deployment.log.filter(({ name, subject }) => name.endsWith(':whoami') && subject === null)).toEqual([])
  })

  it('keeps the session on the next page', async () => {
    window.history.replaceState(null, '', await signInAtProvider())
    const first = openPage()
    await eventually(() => first.current.data.value?.email).toBe('ada@example.com')
    await page!.close()
    const next = openPage()
    await eventually(() => next.current.data.value?.email).toBe('ada@example.com')
    expect(next.statuses()).not.toContain('unauthenticated')
  })

  it('says why the token of another browser was refused, until a user signs in', async () => {
    const address = await signInAtProvider()
    localStorage.clear()
    window.history.replaceState(null, '', address)
    const { auth, authClient, current } = openPage()
    await eventually(() => auth.status.value).toBe('unauthenticated')
    expectConsole(/Another browser has started the sign-in/)
    expect(auth.error.value).toMatchObject({ code: 'ONE_TIME_TOKEN_FOREIGN', cause: { status: 400 } })
    await auth.refresh()
    expect(auth.error.value).toMatchObject({ code: 'ONE_TIME_TOKEN_FOREIGN' })

    await authClient.signUp.email({ name: 'Bea', email: 'bea@example.com', password: 'correct horse battery' })
    await eventually(() => current.data.value?.email).toBe('bea@example.com')
    expect(auth.error.value).toBeNull()
    await auth.signOut()
    expect([auth.status.value, auth.error.value]).toEqual(['unauthenticated', null])
  })

  it('reports different errors for a used token and for a token that the server could not check', async () => {
    const address = await signInAtProvider()
    window.history.replaceState(null, '', address)
    const { current } = openPage()
    await eventually(() => current.data.value?.email).toBe('ada@example.com')
    await page!.close()
    localStorage.clear()
    for (const [answer, code] of [[undefined, 'ONE_TIME_TOKEN_INVALID'], [new Response('', { status: 503 }), 'ONE_TIME_TOKEN_FAILED']] as const) {
      intercept = path => path === '/cross-domain/one-time-token/verify' ? answer : undefined
      window.history.replaceState(null, '', address)
      const { auth } = openPage()
      await eventually(() => auth.error.value).toMatchObject({ code })
      expectConsole(/was not accepted/)
      intercept = null
      await page!.close()
    }
  })

  it('keeps a user signed in if the page is opened with the token of another browser', async () => {
    const address = await signInAtProvider()
    localStorage.clear()
    await createClient().signUp.email({ name: 'Cleo', email: 'cleo@example.com', password: 'correct horse battery' })
    window.history.replaceState(null, '', address)
    const { auth, current, statuses } = openPage()
    await eventually(() => current.data.value?.email).toBe('cleo@example.com')
    expectConsole(/Another browser has started the sign-in/)
    expect([auth.error.value, statuses().includes('unauthenticated')]).toEqual([null, false])
    await auth.signOut()
    expect(auth.error.value).toBeNull()
    await auth.refresh()
    expect(auth.error.value).toBeNull()
  })

  it('keeps the user signed in if a sign-out fails, and signs the user out otherwise', async () => {
    window.history.replaceState(null, '', await signInAtProvider())
    const { auth, authClient, current, statuses } = openPage()
    await eventually(() => current.data.value?.email).toBe('ada@example.com')
    intercept = path => path === '/sign-out' ? Promise.reject(new TypeError('Failed to fetch')) : undefined
    await expect(auth.signOut()).rejects.toMatchObject({ code: 'SIGN_OUT_FAILED' })
    intercept = null
    expect(auth.status.value).toBe('authenticated')
    expect(statuses()).not.toContain('unauthenticated')
    await auth.signOut()
    expect(auth.status.value).toBe('unauthenticated')
    await eventually(() => authClient.getCookie()).not.toMatch(/session_token|convex_jwt/)
  })
})
