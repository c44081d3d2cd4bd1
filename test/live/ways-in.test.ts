import type { BrowserFetch } from '../../src/testing/browser-fetch.ts'
import type { Deployment } from '../../src/testing/index.ts'
import { join } from 'node:path'
import { adminClient, magicLinkClient, twoFactorClient } from 'better-auth/client/plugins'
import { useAuthedQuery, useConvexSignIn } from 'convue'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { api, internal } from '../convex/apps/ways-in/convex/_generated/api.js'
import { providerSignIn } from '../convex/auth-browser.ts'
import { eventually } from '../support/environment/eventually.ts'
import { createBrowserFetch, ORIGIN } from '../support/live/deployment.ts'
import { becomePage, createLiveAuthClient, LivePage } from '../support/live/live-page.ts'
import { recordTicks } from '../support/scripted/identity.ts'

const password = 'correct horse battery'

let deployment: Deployment
const pages: LivePage[] = []
// The page exists for the whole file: the Better Auth client removes its listeners from the page a
// second after its own last listener was removed.
beforeAll(async () => {
  becomePage()
  deployment = await startDeployment({ functions: join(import.meta.dirname, '../convex/apps/ways-in/convex'), siteUrl: ORIGIN })
})
afterEach(() => Promise.all(pages.splice(0).map(page => page.close())))
afterAll(() => deployment.close())

let users = 0
const newUser = (name: string) => ({ name, email: `${name.toLowerCase()}${++users}@example.com`, password })

/** Loads a page in a browser. Two pages of the same browser share its cookies. */
function openPage(browser: BrowserFetch = createBrowserFetch()) {
  const plugins = [adminClient(), magicLinkClient(), twoFactorClient()]
  const { authClient, count } = createLiveAuthClient(deployment, browser, plugins)
  const page = new LivePage(deployment, { authClient })
  pages.push(page)
  const { auth } = page.convex
  return { browser, authClient: authClient as any, count, auth, ...page.run(() => ({ ...useConvexSignIn(), me: useAuthedQuery(api.account.current) })) }
}

/** Follows a link to the routes of Better Auth, as a browser does. Returns the address to which the answer redirects. */
async function follow(browser: BrowserFetch, link: string): Promise<string> {
  const { pathname, search } = new URL(link, ORIGIN)
  const response = await browser(`${deployment.siteUrl}${pathname}${search}`, { redirect: 'manual' })
  return response.headers.get('location') ?? `no redirect: ${response.status} ${await response.text()}`
}

describe('useConvexSignIn', () => {
  it('resolves with false for a magic link, whose user is signed in after the redirect', async () => {
    const first = openPage()
    expect(await first.auth.ready()).toBe(false)
    const email = 'ada@link.example'
    expect(await first.signIn(() => first.authClient.signIn.magicLink({ email, name: 'Ada', callbackURL: '/tasks' }))).toBe(false)
    expect(first.auth.status.value).toBe('unauthenticated')
    const link = await deployment.query(internal.account.linkFor, { to: email })
    expect(await follow(first.browser, link!)).toMatch(/\/tasks$/)

    const { auth, me, count } = openPage(first.browser)
    expect(await auth.ready()).toBe(true)
    expect([auth.status.value, auth.user.value?.email]).toEqual(['authenticated', email])
    await eventually(() => me.data.value).toBe('Ada')
    expect(count('/convex/token')).toBe(1)
  })

  it('resolves with false for another provider, whose user is signed in after the redirect', async () => {
    const first = openPage()
    await first.auth.ready()
    const [path, body] = providerSignIn('/tasks')
    const answer = { data: null as any }
    expect(await first.signIn(async () => {
      const { data, error } = await first.authClient.$fetch(`/${path}`, { method: 'POST', body: { ...body, disableRedirect: true } })
      answer.data = data
      return { data, error }
    })).toBe(false)
    const { origin, searchParams } = new URL(answer.data.url)
    expect(origin).toBe('https://provider.example')
    const { pathname } = new URL(searchParams.get('redirect_uri')!)
    expect(await follow(first.browser, `${pathname}?code=code&state=${searchParams.get('state')}`)).toMatch(/\/tasks$/)

    const { auth, me } = openPage(first.browser)
    expect(await auth.ready()).toBe(true)
    expect(auth.user.value?.email).toBe('grace@provider.example')
    await eventually(() => me.data.value).toBe('Grace')
  })

  it('resolves with false for the password, and with true for the second factor', async () => {
    const { authClient, auth, signIn, me } = openPage()
    await auth.ready()
    const ada = newUser('Ada')
    expect(await signIn(() => authClient.signUp.email(ada))).toBe(true)
    const { data: { backupCodes } } = await authClient.twoFactor.enable({ password })
    await auth.signOut()

    expect(await signIn(() => authClient.signIn.email({ email: ada.email, password }))).toBe(false)
    expect(auth.status.value).toBe('unauthenticated')
    await expect(signIn(() => authClient.twoFactor.verifyBackupCode({ code: 'wrong' }))).rejects.toMatchObject({ status: 401 })
    expect(auth.status.value).toBe('unauthenticated')
    expect(await signIn(() => authClient.twoFactor.verifyBackupCode({ code: backupCodes[0] }))).toBe(true)
    expect([auth.status.value, auth.user.value?.email]).toEqual(['authenticated', ada.email])
    await eventually(() => me.data.value).toBe('Ada')
  })

  it('resolves with true for an impersonation and for its end, without data of the other user', async () => {
    const user = openPage()
    await user.auth.ready()
    await user.signIn(() => user.authClient.signUp.email(newUser('Bob')))
    const { authClient, auth, signIn, me } = openPage()
    await auth.ready()
    await signIn(() => authClient.signUp.email(newUser('Ada')))
    await deployment.mutation(internal.account.makeAdmin, { id: auth.user.value!.id as never })
    await eventually(() => me.data.value).toBe('Ada')
    const ticks = recordTicks(() => [auth.user.value?.name ?? null, me.data.value ?? null])

    expect(await signIn(() => authClient.admin.impersonateUser({ userId: user.auth.user.value!.id }))).toBe(true)
    expect([auth.status.value, auth.user.value?.name]).toEqual(['authenticated', 'Bob'])
    await eventually(() => me.data.value).toBe('Bob')
    expect(await signIn(() => authClient.admin.stopImpersonating())).toBe(true)
    expect([auth.status.value, auth.user.value?.name]).toEqual(['authenticated', 'Ada'])
    await eventually(() => me.data.value).toBe('Ada')

    expect(ticks.map(tick => JSON.parse(tick)).filter(([name, data]) => data !== null && data !== name)).toEqual([])
    expect(user.auth.user.value?.name).toBe('Bob')
  })
})
