import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { useConvexOnline, useConvexQuery } from 'convue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

setupScriptedPage()
afterEach(() => void vi.restoreAllMocks())

function openPage(options?: ScriptedPageOptions) {
  const page = new ScriptedPage(options)
  page.deployment.functions.set('users:whoami', (_args, subject) => subject)
  const read = () => page.run(() => ({ isOnline: useConvexOnline(), query: useConvexQuery(api.users.whoami) })).result
  return { page, read }
}

/** The browser reports that the network has come or gone. */
function setNetwork(isUp: boolean): void {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(isUp)
  window.dispatchEvent(new Event(isUp ? 'online' : 'offline'))
}

describe('useConvexOnline', () => {
  it('is true while the page is starting, and while it is connected', async () => {
    const { page, read } = openPage({ user: 'ada' })
    page.deployment.latencyMs = 100
    const { isOnline } = read()
    expect(isOnline.value).toBe(true)
    await page.tick(50)
    expect(isOnline.value).toBe(true)
    await page.tick(500)
    expect(isOnline.value).toBe(true)
  })

  it('is false from the loss of the connection until the reconnection', async () => {
    const { page, read } = openPage({ user: 'ada' })
    const { isOnline } = read()
    await page.tick()
    page.deployment.isReachable = false
    page.deployment.drop()
    await page.tick(0)
    expect(isOnline.value).toBe(false)
    page.deployment.isReachable = true
    await page.tick(5000)
    expect(isOnline.value).toBe(true)
  })

  it('is false if the page cannot open its first connection', async () => {
    const { page, read } = openPage({ user: 'ada' })
    page.deployment.isReachable = false
    const { isOnline, query } = read()
    await page.tick(1000)
    expect([isOnline.value, query.status.value]).toEqual([false, 'pending'])
    page.deployment.isReachable = true
    await page.tick(5000)
    expect([isOnline.value, query.status.value]).toEqual([true, 'success'])
  })

  it('is true after the user changes, while the connection of the next user opens', async () => {
    const { page, read } = openPage({ user: 'ada' })
    const { isOnline } = read()
    await page.tick()
    page.deployment.latencyMs = 100
    page.source.signIn('bob')
    expect(isOnline.value).toBe(true)
    await page.tick(50)
    expect(isOnline.value).toBe(true)
  })

  it('follows the network of the browser while the page has no connection', () => {
    const page = new ScriptedPage()
    const isOnline = page.run(() => useConvexOnline()).result
    expect(isOnline.value).toBe(true)
    setNetwork(false)
    expect(isOnline.value).toBe(false)
    setNetwork(true)
    expect(isOnline.value).toBe(true)
  })
})
