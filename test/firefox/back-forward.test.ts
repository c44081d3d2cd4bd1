import type { Page } from 'puppeteer-core'
import { describe, expect, it } from 'vitest'
import { click, goBackToKept, goOffline, isKept, shows, statusesWith, usePlaygroundInFirefox } from './firefox.ts'

const fixture = usePlaygroundInFirefox()

/**
 * Firefox never keeps a page with an open WebSocket: its log `SHIPBFCache` gives the reason `REQUEST`. It also removes a page that it
 * keeps when another page sends a message to one of its BroadcastChannels. Chromium closes the socket, and keeps the page.
 */
describe('the Back button of Firefox, to a page with an open socket', () => {
  it('loads the page again without the data of a user who has signed out on another page', async () => {
    const profile = await fixture.openProfile()
    const page = await fixture.openPage(profile, '/')
    await fixture.signUp(page, 'Alice', 'Secret of Alice')
    await page.goto(`${fixture.url}/tasks`)
    await shows(page, 'Secret of Alice')
    await page.goto(`${fixture.url}/account`)
    await shows(page, 'authenticated as Alice')
    await click(page, 'button', 'Sign out')
    await shows(page, 'unauthenticated')

    await page.goBack({ waitUntil: 'load' })
    expect(new URL(page.url()).pathname).toBe('/tasks')
    await shows(page, 'Each task belongs to a user')
    expect(await isKept(page)).toBe(false)
    expect(await statusesWith(page, 'Secret of Alice')).toEqual([])
  })

  it('loads the page again with the data of a user who is still signed in', async () => {
    const profile = await fixture.openProfile()
    const page = await fixture.openPage(profile, '/')
    await fixture.signUp(page, 'Alice', 'Secret of Alice')
    await page.goto(`${fixture.url}/tasks`)
    await shows(page, 'Secret of Alice')
    await page.goto(`${fixture.url}/feed`)
    await shows(page, 'authenticated as Alice')

    await page.goBack({ waitUntil: 'load' })
    await shows(page, 'Secret of Alice')
    expect(await isKept(page)).toBe(false)
    await page.goForward({ waitUntil: 'load' })
    await shows(page, 'Public feed')
    expect(await isKept(page)).toBe(false)
    await shows(page, 'authenticated as Alice')
  })
})

describe('the Back button of Firefox, to a page without a socket', () => {
  /** A document of the same origin, in which Convue does not run. */
  const ELSEWHERE = '/api/auth/ok'

  /** Opens a page with data of Alice, closes its sockets, and navigates to a document without Convue. */
  async function leavePage(): Promise<Page> {
    const profile = await fixture.openProfile()
    const page = await fixture.openPage(profile, '/')
    await fixture.signUp(page, 'Alice', 'Secret of Alice')
    await page.goto(`${fixture.url}/pagination`)
    await click(page, 'button', 'Fill the list')
    await shows(page, 'no. 240')
    await goOffline(page)
    await page.goto(fixture.url + ELSEWHERE)
    return page
  }

  it('shows the page that Firefox has kept, which becomes live again', async () => {
    const page = await leavePage()
    await goBackToKept(page, '/pagination')
    expect(await isKept(page)).toBe(true)
    expect(await page.evaluate(() => document.body.textContent)).toContain('no. 240')
    await click(page, 'label', 'Fast')
    await click(page, 'button', 'Remove all rows')
    await page.waitForFunction(() => !document.body.textContent.includes('no. 240'))
  })

  it('removes the data from the page that Firefox has kept if the user has signed out', async () => {
    const page = await leavePage()
    await page.evaluate(async () => {
      await fetch('/api/auth/sign-out', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    })
    await goBackToKept(page, '/pagination')
    expect(await isKept(page)).toBe(true)
    await shows(page, 'unauthenticated')
    expect(await page.evaluate(() => document.body.textContent)).not.toContain('no. 240')
    expect(await statusesWith(page, 'no. 240')).not.toContain('unauthenticated')
  })
})
