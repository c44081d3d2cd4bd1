import type { BrowserContext, WebSocketRoute } from 'playwright-core'
import type { BuiltApp } from './build-app.ts'
import type { NuxtFixture } from './fixture.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './build-app.ts'
import { useNuxtApp } from './fixture.ts'

/** Builds the app with these options of the module, and serves it. */
function useAppWith(options: Record<string, unknown>): NuxtFixture {
  let built: BuiltApp
  beforeAll(async () => {
    built = await buildApp(options)
  })
  afterAll(() => built?.remove())
  return useNuxtApp({ output: () => built.output })
}

describe('sharedTabs: true', () => {
  const app = useAppWith({ sharedTabs: true })

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
  // Without `sharedTabs`: Playwright cannot cut the connection of a shared worker.
  const app = useAppWith({ outbox: { name: 'outbox-of-shop' } })

  it('keeps a mutation with `offline: true` over a reload without a connection, then runs it', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    const profile = await app.openProfile(ada.cookie)
    const network = await controlNetwork(profile)
    const { page } = await app.openWindow(profile, '/offline')
    await page.locator('#stale', { hasText: 'live' }).waitFor()

    network.cut()
    await page.getByRole('button', { name: 'Add' }).click()
    await page.locator('#calls', { hasText: '1 stored' }).waitFor()
    const databases = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))
    expect(databases).toContain('outbox-of-shop')

    // The app's server still answers.
    await page.reload()
    await page.locator('#calls', { hasText: '1 stored' }).waitFor()
    expect(await page.locator('li').allTextContents()).toEqual(['Water the ferns'])
    expect(await runsOf('tasks:addOffline')).toEqual([])

    network.restore()
    await page.locator('li', { hasText: 'Stored first' }).waitFor()
    await page.locator('#calls', { hasText: '0 stored' }).waitFor()
    expect(await runsOf('tasks:addOffline')).toEqual(['success'])
  })

  async function runsOf(name: string): Promise<unknown[]> {
    await app.deployment.settled()
    return app.deployment.log.filter(entry => entry.name === name).map(({ outcome }) => outcome)
  }
})

/** The connections of a browser profile's pages to the deployment. */
interface Network { cut: () => void, restore: () => void }

async function controlNetwork(profile: BrowserContext): Promise<Network> {
  const sockets = new Set<WebSocketRoute>()
  let isCut = false
  await profile.routeWebSocket(/sync/, (socket) => {
    sockets.add(socket)
    // Otherwise, the socket opens, but no message passes.
    if (!isCut)
      socket.connectToServer()
  })
  /** Closes the sockets, so that the pages connect again in the new state of the network. */
  const set = (now: boolean): void => {
    isCut = now
    for (const socket of sockets)
      void socket.close()
    sockets.clear()
  }
  return { cut: () => set(true), restore: () => set(false) }
}
