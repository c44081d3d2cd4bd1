import type { Deployment } from '../../src/testing/index.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@convex-dev/better-auth'
import { betterAuth } from 'better-auth/minimal'
import { createAuthClient } from 'better-auth/vue'
import { ConvexHttpClient } from 'convex/browser'
import { componentsGeneric } from 'convex/server'
import { useAuthedQuery } from 'convue'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convexClient } from '../../src/convex/client/index.ts'
import { eventually } from '../support/environment/eventually.ts'
import { browserRequest, createAppFetch, createAppServer } from '../support/live/app-server.ts'
import { ORIGIN, signIn, signUp } from '../support/live/deployment.ts'
import { becomePage, LivePage } from '../support/live/live-page.ts'
import { api, internal } from './apps/guides-component/convex/_generated/api.js'
import { api as migratedApi, internal as migration } from './apps/guides-migration/convex/_generated/api.js'
import { api as publicApi } from './apps/guides-nuxt-module/convex/_generated/api.js'
import { PASSWORD } from './auth-browser.ts'
import { startApp } from './start-app.ts'

const NEW_PASSWORD = 'another horse battery'

describe('the functions of the guides to Next.js and TanStack Start', () => {
  let deployment: Deployment
  beforeAll(async () => {
    becomePage()
    deployment = await startApp('guides-component', { errors: 'production', env: { JWKS: '' } })
  })
  afterAll(() => deployment.close())

  async function openAccount() {
    const session = await signUp(deployment, { password: PASSWORD })
    const client = new ConvexHttpClient(deployment.url, { auth: (await session.fetchToken())!, logger: false })
    return { session, client }
  }

  describe('createConvex', () => {
    it('shows the user that getCurrentUser returns', async () => {
      const { session } = await openAccount()
      const authClient = createAuthClient({
        baseURL: deployment.siteUrl,
        plugins: [convexClient()],
        fetchOptions: { customFetchImpl: async (input, init) => await session.fetch(input, init) },
      })
      const page = new LivePage(deployment, { authClient })
      const { data: user } = page.run(() => useAuthedQuery(api.auth.getCurrentUser))
      await eventually(() => user.value?.email).toBe(session.email)
      await page.close()
    })
  })

  describe('createConvexServer', () => {
    it('runs queries on a server as the user of the cookies, in place of the server utilities', async () => {
      const app = createAppServer(deployment)
      const browser = createAppFetch(app)
      await browser(`${ORIGIN}/api/auth/sign-up/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'Ada', email: 'server@example.com', password: PASSWORD }),
      })
      const request = app.forRequest(browserRequest(browser.cookies, { origin: ORIGIN }))
      expect(await request.isAuthenticated()).toBe(true)
      expect(await request.getToken()).toMatch(/^ey/)
      expect(await request.fetchAuthQuery(api.auth.getCurrentUser)).toMatchObject({ email: 'server@example.com' })
      expect(await request.preloadAuthQuery(api.auth.getCurrentUser)).toMatchObject({ value: { email: 'server@example.com' } })
      await request.fetchAuthMutation(api.users.updateUserPassword, { currentPassword: PASSWORD, newPassword: NEW_PASSWORD })
      expect(await signIn(deployment, { email: 'server@example.com', password: NEW_PASSWORD })).toMatchObject({ email: 'server@example.com' })
    })
  })

  describe('authComponent', () => {
    it('returns the user and the headers in functions', async () => {
      const { session, client } = await openAccount()
      expect(await client.query(api.auth.getAuthUser)).toMatchObject({ email: session.email })
      expect(await client.query(api.users.viewer)).toEqual({ email: session.email, name: 'Ada', hasSession: true })
      expect(await new ConvexHttpClient(deployment.url).query(api.users.viewer)).toBeNull()
    })
  })

  describe('wrapAuthApi', () => {
    it('shows why a password is refused, where the guide shows "Server Error"', async () => {
      const { client } = await openAccount()
      const wrong = { currentPassword: 'wrong password', newPassword: NEW_PASSWORD }
      await expect(client.mutation(api.users.updateUserPassword, wrong)).rejects.toThrow(/Server Error$/)
      await expect(client.mutation(api.users.updateUserPasswordReadably, wrong)).rejects.toMatchObject({ data: { code: 'INVALID_PASSWORD', message: 'Invalid password' } })
    })
  })

  describe('createClient', () => {
    it('runs triggers when a user signs up', async () => {
      const { session } = await openAccount()
      expect(await deployment.query(internal.users.posts, { authId: session.userId })).toMatchObject([{ title: 'Hello' }])
    })
  })

  describe('requireActionCtx', () => {
    it('returns the context of the HTTP action in an option of Better Auth', async () => {
      const { session } = await openAccount()
      const response = await session.fetch(`${deployment.siteUrl}/api/auth/request-password-reset`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: session.email, redirectTo: '/reset' }),
      })
      expect(response.status).toBe(200)
      expect(await deployment.query(internal.users.mails)).toContain(session.email)
    })
  })

  describe('registerRoutesLazy', () => {
    it('answers pages of trusted origins', async () => {
      const preflight = (origin: string): Promise<Response> => fetch(`${deployment.siteUrl}/api/auth/get-session`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET' },
      })
      expect((await preflight(ORIGIN)).headers.get('access-control-allow-origin')).toBe(ORIGIN)
    })
  })

  describe('getLatestJwks', () => {
    it('prints static keys, with which tokens remain valid', async () => {
      const { session, client } = await openAccount()
      await deployment.setEnv('JWKS', JSON.stringify(await deployment.action(internal.auth.getLatestJwks)))
      expect(await client.query(api.auth.getCurrentUser)).toMatchObject({ email: session.email })
      client.setAuth((await session.fetchToken())!)
      expect(await client.query(api.auth.getCurrentUser)).toMatchObject({ email: session.email })
    })
  })
})

describe('the guide to a Nuxt module with Convex as its database', () => {
  it('authComponent.adapter() without a context fails to sign users up on the app\'s server', async () => {
    const component = createClient<any>(componentsGeneric().betterAuth as never)
    const auth = betterAuth({
      baseURL: ORIGIN,
      secret: 'a secret of this test only, and nothing else',
      database: (component.adapter as () => ReturnType<typeof component.adapter>)(),
      emailAndPassword: { enabled: true },
      logger: { disabled: true },
    })
    await expect(auth.api.signUpEmail({ body: { name: 'Ada', email: 'ada@example.com', password: PASSWORD } })).rejects.toThrow()
  })

  it('@convex-dev/better-auth has no export server/plugins, and its convex() requires authConfig', async () => {
    const path = '@convex-dev/better-auth/server/plugins'
    await expect(import(/* @vite-ignore */ path)).rejects.toThrow(/server\/plugins/)
    const { convex } = await import('@convex-dev/better-auth/plugins')
    expect(() => (convex as () => unknown)()).toThrow(TypeError)
  })

  it('createApi in the app\'s own folder lets a stranger read password hashes and create sessions', async () => {
    const deployment = await startApp('guides-nuxt-module')
    try {
      const now = Date.now()
      await deployment.mutation(publicApi.auth.create, {
        input: { model: 'account', data: { accountId: 'a', userId: 'a', providerId: 'credential', password: 'a hash', createdAt: now, updatedAt: now } },
      })
      const stranger = new ConvexHttpClient(deployment.url)
      const accounts = await stranger.query(publicApi.auth.findMany, { model: 'account', paginationOpts: { numItems: 10, cursor: null } })
      expect(accounts.page).toMatchObject([{ password: 'a hash' }])
      const session = { token: 'chosen', userId: 'a', expiresAt: now + 1000, createdAt: now, updatedAt: now }
      expect(await stranger.mutation(publicApi.auth.create, { input: { model: 'session', data: session } })).toMatchObject({ token: 'chosen' })
    }
    finally {
      await deployment.close()
    }
  })
})

describe('defineAuthDatabase', () => {
  it('replaces the component, with the users, their passwords and their sessions', async () => {
    const code = readFileSync(join(import.meta.dirname, 'apps/guides-migration/convex/moveAuth.ts'), 'utf8')
    const page = readFileSync(join(import.meta.dirname, '../../docs/guides/local-install.md'), 'utf8')
    expect(page).toContain(`\n${code}\`\`\`\n`)

    const deployment = await startApp('guides-migration', { env: { MOVED: '' } })
    try {
      // More users than one transaction copies.
      for (let count = 0; count < 20; count++)
        await signUp(deployment, { password: PASSWORD })
      const session = await signUp(deployment, { name: 'Ada', password: PASSWORD })
      const before = new ConvexHttpClient(deployment.url, { auth: (await session.fetchToken())! })
      await before.mutation(migratedApi.notes.addToComponent)

      await deployment.mutation(migration.moveAuth.copyUsers, {})
      await deployment.settled()
      await deployment.setEnv('MOVED', 'yes')

      const after = new ConvexHttpClient(deployment.url, { auth: (await session.fetchToken())! })
      expect(await after.query(migratedApi.notes.mine)).toEqual(['by Ada'])
      const other = await signIn(deployment, { email: session.email, password: PASSWORD })
      expect(other.userId).not.toBe(session.userId)
      await expect(signUp(deployment, { email: session.email })).rejects.toThrow(/422/)
    }
    finally {
      await deployment.close()
    }
  })
})
