import type { Browser } from 'puppeteer-core'
import type { StalledSocketsApp } from './stalled-sockets/start.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/environment/eventually.ts'
import { startStalledSockets } from './stalled-sockets/start.ts'
import { launchBrowserWithHiddenTabs, Visit } from './stalled-sockets/visit.ts'

let app: StalledSocketsApp
let browser: Browser
beforeAll(async () => {
  [app, browser] = await Promise.all([startStalledSockets(50), launchBrowserWithHiddenTabs()])
})
afterAll(async () => {
  await browser?.close()
  await app?.close()
})

describe('a tab whose network was cut while it was hidden', () => {
  it('keeps its socket if the socket works, and replaces it if not', async () => {
    const visit = await Visit.begin(browser, app)
    let value = String(await visit.increment())
    await eventually(() => visit.texts()).toEqual([value, value])
    await visit.leave()
    await visit.returnTo()
    value = String(await visit.increment())
    await eventually(() => visit.texts()).toEqual([value, value])
    // On a busy machine, Convue may have opened another connection, to compare the answers of both.
    expect(await visit.connections()).toBe(1)

    await visit.leave()
    app.network.stall()
    const next = String(await visit.increment())
    await visit.returnTo()
    await eventually(() => visit.texts()).toEqual([next, value])
    expect(await visit.connections()).toBe(2)
    // The client alone replaces its socket when it has received nothing for a minute.
    expect(await visit.elapsed('convue')).toBeLessThan(30_000)
    await visit.end()
  })
})

describe('tabs that share a connection whose network was cut while they were hidden', () => {
  it('keep the connection if it works, and replace it for all tabs if not', async () => {
    const visit = await Visit.begin(browser, app, { isShared: true })
    const other = await Visit.begin(browser, app, { isShared: true })
    let value = String(await visit.increment())
    await eventually(shown).toEqual([value, value])
    await visit.leave()
    await visit.returnTo()
    value = String(await visit.increment())
    await eventually(shown).toEqual([value, value])
    expect(await connections()).toEqual([1, 1])

    await visit.leave()
    app.network.stall()
    const next = String(await visit.increment())
    await visit.returnTo()
    await eventually(shown).toEqual([next, next])
    expect(await connections()).toEqual([2, 2])
    // The worker alone replaces its socket when it has received nothing for 50 s.
    expect(await visit.elapsed('convue')).toBeLessThan(30_000)
    await visit.end()

    async function shown(): Promise<string[]> {
      return (await Promise.all([visit.texts(), other.texts()])).map(([text]) => text!)
    }

    function connections(): Promise<number[]> {
      return Promise.all([visit.connections(), other.connections()])
    }
  })
})
