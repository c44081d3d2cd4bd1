import type { BuiltApp } from './build-app.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './build-app.ts'
import { useNuxtApp } from './fixture.ts'

/** Nuxt writes the payload as a program into the page, not as JSON. */
let built: BuiltApp
beforeAll(async () => {
  built = await buildApp({}, { renderJsonPayloads: false })
})
afterAll(() => built?.remove())

const app = useNuxtApp({ output: () => built.output })

describe('an app with `renderJsonPayloads: false`', () => {
  it('holds neither a token nor anybody\'s data in its document when the page is there', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    expect((await app.get('/tasks', ada.cookie)).html).toContain(ada.cookies.get('better-auth.convex_jwt'))
    const { page, sent } = await app.openWindow(await app.openProfile(ada.cookie), '/tasks')
    await page.locator('#stale', { hasText: 'live' }).waitFor()
    expect(sent.map(types => types.slice(0, 3))).toEqual([['Connect', 'Authenticate', 'ModifyQuerySet']])
    expect(await page.content()).not.toContain('eyJ')
    expect(await page.evaluate(() => JSON.stringify((globalThis as any).__NUXT__) ?? '')).not.toMatch(/eyJ|Water the ferns/)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.locator('#unauthenticated').waitFor()
    expect(await page.content()).not.toContain('Water the ferns')
  })
})
