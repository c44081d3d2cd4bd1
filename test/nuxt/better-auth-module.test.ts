import type { BuiltApp } from './build-app.ts'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { internal } from '../convex/apps/http-database/convex/_generated/api.js'
import { buildApp } from './build-app.ts'
import { textOf, useNuxtApp } from './fixture.ts'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

const SECRET = 'a-secret-that-only-these-tests-use'

let built: BuiltApp
beforeAll(async () => {
  built = await buildApp({}, { app: path('./better-auth-app'), env: { NUXT_BETTER_AUTH_SECRET: SECRET } })
})
afterAll(() => built?.remove())

const app = useNuxtApp({
  output: () => built.output,
  functions: path('../convex/apps/http-database/convex'),
  env: { AUTH_DATABASE_SECRET: SECRET, NUXT_BETTER_AUTH_SECRET: SECRET },
  deploymentEnv: origin => ({ AUTH_DATABASE_SECRET: SECRET, JWKS: '', AUTH_ISSUER: origin }),
})

/** The requests of a rendered page to Better Auth's tables. */
const toDatabase = (): string[] => app.takeServerRequests().filter(request => request.endsWith('/auth-database'))

describe('convue/nuxt with Better Auth in a module of the app', () => {
  it('stores the data of Better Auth in Convex, without any configuration but a secret', async () => {
    const ada = await app.signUp('Ada')
    const tables = await app.deployment.query(internal.notes.everything) as Record<string, any[]>
    expect(tables.user).toContainEqual(expect.objectContaining({ _id: ada.userId, email: ada.email }))
    expect(tables.account!.find(({ userId }) => userId === ada.userId).password).toMatch(/^[\da-f]+:[\da-f]+$/)
    expect(built.log).not.toMatch(/MODULE_ORDER|duplicated imports/i)
  })

  it('renders pages as the user of the session, and runs server routes as the user', async () => {
    const [ada, bob] = [await app.signUp('Ada'), await app.signUp('Bob')]
    for (const { cookie, name, userId } of [ada, bob]) {
      const { html, headers } = await app.get('/', cookie)
      expect([textOf(html, 'status'), textOf(html, 'who')]).toEqual([`authenticated ${name}`, name])
      expect(headers.get('cache-control')).toBe('private, no-store')
      expect(JSON.parse((await app.get('/api/me', cookie)).html)).toEqual({ userId, subject: userId })
    }
    expect(JSON.parse((await app.get('/api/me')).html)).toEqual({ userId: null, subject: null })
  })

  it('renders a page anonymously if there is no session, without a request to the database', async () => {
    app.takeServerRequests()
    const { html } = await app.get('/')
    expect([textOf(html, 'status'), textOf(html, 'who')]).toEqual(['unauthenticated', 'anonymous'])
    expect(toDatabase()).toEqual([])
  })

  it('leaves the identity unknown in a page that a cache keeps', async () => {
    const ada = await app.signUp('Ada')
    const { html } = await app.get('/kept', ada.cookie)
    expect([textOf(html, 'status'), textOf(html, 'who')]).toEqual(['loading', 'pending'])
    expect(html).not.toMatch(/Ada|eyJ/)
  })

  it('leaves page rules to the other module', async () => {
    const ada = await app.signUp('Ada')
    expect(decodeURIComponent((await app.get('/members')).headers.get('location')!)).toBe('/login?redirect=/members')
    expect((await app.get('/members', ada.cookie)).status).toBe(200)
  })

  it('hydrates the page as its user, and notices that the other module signs the user out', async () => {
    const ada = await app.signUp('Ada')
    const { page, sent } = await app.openWindow(await app.openProfile(ada.cookie), '/')
    expect(await page.locator('#status').textContent()).toBe('authenticated Ada')
    await expect.poll(() => sent.flat()).toContain('Authenticate')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.locator('#status', { hasText: 'unauthenticated' }).waitFor()
    await page.locator('#who', { hasText: 'anonymous' }).waitFor()
    expect(textOf((await app.get('/', ada.cookie)).html, 'status')).toBe('unauthenticated')
  })
})
