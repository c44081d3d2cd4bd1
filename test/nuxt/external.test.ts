import type { BuiltApp } from './build-app.ts'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './build-app.ts'
import { textOf, useNuxtApp } from './fixture.ts'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** The real module if `NUXT_BETTER_AUTH` names its folder, or else a stand-in: see its file. */
const { NUXT_BETTER_AUTH } = process.env
const OTHER_MODULE = NUXT_BETTER_AUTH ? `${NUXT_BETTER_AUTH}/dist/module.mjs` : path('./other-auth/module.ts')

let built: BuiltApp
beforeAll(async () => {
  built = await buildApp({}, { modules: [path('./other-auth/app-part.ts'), OTHER_MODULE] })
})
afterAll(() => built?.remove())

const app = useNuxtApp({ output: () => built.output })

describe('convue/nuxt beside a module that provides authentication', () => {
  it('adds no routes, page rules or composables of authentication', async () => {
    const ada = await app.signUp('Ada')
    expect((await app.get('/api/auth/ok')).headers.get('x-routes-of')).toBe('the app')
    // The page rules of the other module apply, which has another sign-in page.
    expect(decodeURIComponent((await app.get('/account')).headers.get('location')!)).toBe('/login?redirect=/account')
    expect((await app.get('/account', ada.cookie)).status).toBe(200)
    expect((await app.get('/sign-in', ada.cookie)).headers.get('location')).toBe('/')
    expect(built.log).not.toMatch(/duplicated imports/i)
  })

  it('renders no data of a user, and leaves the identity unknown', async () => {
    const ada = await app.signUp('Ada')
    app.takeServerRequests()
    const { html } = await app.get('/browser', ada.cookie)
    expect([textOf(html, 'status'), textOf(html, 'tagged')]).toEqual(['loading', 'paused'])
    expect(app.takeServerRequests()).toEqual([])
  })

  it('takes the identity from the auth client of that module, as its guide shows', async () => {
    const ada = await app.signUp('Ada')
    const { page, sent } = await app.openWindow(await app.openProfile(ada.cookie), '/browser')
    await page.getByText(`success ${ada.userId}`).waitFor()
    expect(await page.locator('#status').textContent()).toBe('authenticated Ada')
    expect(sent.flat()).toContain('Authenticate')
  })

  it('notices a sign-in and a sign-out by that module without a reload', async () => {
    const ada = await app.signUp('Ada')
    const { page } = await app.openWindow(await app.openProfile(), '/browser')
    await page.locator('#status', { hasText: 'unauthenticated' }).waitFor()
    expect(await page.locator('#tagged').textContent()).toContain('paused')
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await page.getByLabel('Email').fill(ada.email)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText(`success ${ada.userId}`).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.locator('#status', { hasText: 'unauthenticated' }).waitFor()
    expect(await page.locator('#tagged').textContent()).toContain('paused')
    expect(await page.content()).not.toContain(ada.userId)
  })
})
