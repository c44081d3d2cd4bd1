import type { BuiltApp } from './build-app.ts'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './build-app.ts'
import { textOf, useNuxtApp } from './fixture.ts'

let built: BuiltApp
beforeAll(async () => {
  built = await buildApp({}, { modules: [fileURLToPath(new URL('./other-auth/module.ts', import.meta.url))] })
})
afterAll(() => built?.remove())

const app = useNuxtApp({ output: () => built.output })

describe('beside a module that authenticates', () => {
  it('registers no routes, pages or names of its own', async () => {
    const { headers } = await app.get('/api/auth/ok')
    expect(headers.get('x-routes-of')).toBe('the other module')
    // Nobody is sent away from a page that requires somebody: that is for the other module to do.
    expect((await app.get('/account')).status).toBe(200)
    expect(built.log).not.toMatch(/duplicated imports/i)
  })

  it('renders nobody\'s data, and does not say who is there', async () => {
    const ada = await app.signUp('Ada')
    app.takeAsked()
    const { html } = await app.get('/browser', ada.cookie)
    expect([textOf(html, 'status'), textOf(html, 'tagged')]).toEqual(['loading', 'paused'])
    expect(app.takeAsked()).toEqual([])
  })

  it('takes the identity from that module\'s client: the snippet of its guide works unchanged', async () => {
    const ada = await app.signUp('Ada')
    const { page } = await app.openWindow(await app.openProfile(ada.cookie), '/browser')
    await page.getByText(`success ${ada.userId}`).waitFor()
    expect(await page.locator('#status').textContent()).toBe('authenticated Ada')
  })
})
