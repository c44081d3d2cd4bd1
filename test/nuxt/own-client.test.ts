import type { BuiltApp } from './build-app.ts'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './build-app.ts'
import { textOf, useNuxtApp } from './fixture.ts'

let built: BuiltApp
beforeAll(async () => {
  built = await buildApp({}, { app: fileURLToPath(new URL('./own-client', import.meta.url)) })
})
afterAll(() => built?.remove())

const app = useNuxtApp({ output: () => built.output, authPath: '/own/auth' })

describe('auth: \'external\' with the app\'s own auth client', () => {
  it('adds no auth routes and no page rules', async () => {
    expect((await app.get('/own/auth/ok')).html).toBe('{"ok":true}')
    expect((await app.get('/api/auth/ok')).status).toBe(404)
    expect((await app.get('/')).status).toBe(200)
    expect(built.log).not.toMatch(/duplicated imports/i)
  })

  it('takes the identity from the client in the browser, and has no identity on the server', async () => {
    const ada = await app.signUp('Ada')
    app.takeServerRequests()
    expect(textOf((await app.get('/', ada.cookie)).html, 'status')).toBe('loading')
    expect(app.takeServerRequests()).toEqual([])

    const { page, requests } = await app.openWindow(await app.openProfile(ada.cookie), '/')
    await page.getByText('Page of Ada').waitFor()
    expect(await page.locator('#status').textContent()).toBe('authenticated Ada')
    expect(requests.every(path => path.includes(' /own/auth/'))).toBe(true)

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.locator('#status', { hasText: 'unauthenticated' }).waitFor()
    expect(await page.content()).not.toContain('Ada')
  })
})

describe('an app whose functions have no generated code yet', () => {
  it('prints a warning with the solution during the build', () => {
    expect(built.log).toMatch(/own-client\/convex\/_generated\/api does not exist yet\. Run .?npx convex dev.?, which writes it/)
  })

  it('throws the error of the build, but only on pages that import the generated code', async () => {
    expect((await app.get('/missing')).status).toBe(500)
    expect(app.log).toContain('_generated/api does not exist yet. Run `npx convex dev`')
    expect((await app.get('/')).status).toBe(200)
  })
})
