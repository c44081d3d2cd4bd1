import type { BuiltApp } from './build-app.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './build-app.ts'
import { useNuxtApp } from './fixture.ts'

let built: BuiltApp
beforeAll(async () => {
  built = await buildApp({ sharedTabs: true, outbox: { name: 'outbox-of-shop' } })
})
afterAll(() => built?.remove())

const app = useNuxtApp({ output: () => built.output })

describe('sharedTabs: true', () => {
  it('makes two tabs of a user live with one connection', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const profile = await app.openProfile(ada.cookie)
    const tabs = [await app.openWindow(profile, '/tasks'), await app.openWindow(profile, '/tasks')]
    for (const { page } of tabs)
      await page.locator('#stale', { hasText: 'live' }).waitFor()
    expect(app.deployment.connections.filter(({ subject }) => subject === ada.userId)).toHaveLength(1)
    // The worker holds the socket.
    expect(tabs.map(({ sent }) => sent)).toEqual([[], []])
  })
})

describe('outbox', () => {
  it('stores a mutation with `offline: true`, and runs it', async () => {
    const ada = await app.signUp('Ada')
    const { page } = await app.openWindow(await app.openProfile(ada.cookie), '/offline')
    await page.locator('#stale', { hasText: 'live' }).waitFor()
    await page.getByRole('button', { name: 'Add' }).click()
    await page.locator('li', { hasText: 'Stored first' }).waitFor()
    await page.locator('#calls', { hasText: '0 stored' }).waitFor()
    const databases = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))
    expect(databases).toContain('outbox-of-shop')
  })
})
