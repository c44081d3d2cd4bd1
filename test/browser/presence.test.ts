import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { PresenceApp } from './presence/start.ts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { api } from '../convex-components/apps/presence/convex/_generated/api.js'
import { launchBrowser } from '../support/browser/browser.ts'
import { eventually } from '../support/environment/eventually.ts'
import { startPresenceApp } from './presence/start.ts'

/** In milliseconds. So long that no user is offline in this test because of a missing heartbeat. */
const INTERVAL = 3_600_000

let app: PresenceApp
let browser: Browser
let profile: BrowserContext
const problems: string[] = []
beforeAll(async () => {
  [app, browser] = await Promise.all([startPresenceApp(), launchBrowser()])
})
beforeEach(async () => {
  profile = await browser.newContext()
})
afterEach(async () => {
  await profile.close()
  expect(problems.splice(0)).toEqual([])
})
afterAll(async () => {
  await browser?.close()
  await app?.close()
})

async function enter(room: string, user: string): Promise<Page> {
  const page = await profile.newPage()
  page.on('pageerror', error => problems.push(error.stack ?? error.message))
  page.on('console', message => message.type() === 'error' && problems.push(message.text()))
  await page.goto(`${app.url}/?room=${room}&user=${user}&interval=${INTERVAL}`)
  return page
}

const usersOn = (page: Page): Promise<string[]> => page.locator('li').allTextContents()

/** Opens the pages of Ada and Bea, who then see each other. */
async function enterBoth(room: string): Promise<{ ada: Page, bea: Page }> {
  const [ada, bea] = [await enter(room, 'ada'), await enter(room, 'bea')]
  await eventually(() => usersOn(ada)).toEqual(['ada online', 'bea online'])
  await eventually(() => usersOn(bea)).toEqual(['bea online', 'ada online'])
  return { ada, bea }
}

/** Waits until Bea has left on Ada's page, and checks that a message of Bea's page is the reason. */
async function expectBeaLeft(ada: Page, room: string): Promise<void> {
  await eventually(() => usersOn(ada)).toEqual(['ada online', 'bea offline'])
  const { deployment } = app
  await deployment.settled()
  const heartbeats = deployment.log.filter(({ name, args }) => name === 'rooms:heartbeat' && (args as { roomId: string }).roomId === room)
  // Each user has sent one heartbeat, which is valid for longer than an interval.
  expect(heartbeats.map(({ args }) => (args as { userId: string }).userId)).toEqual(['ada', 'bea'])
  const { roomToken } = await deployment.mutation(api.rooms.heartbeat, { roomId: room, userId: 'test', sessionId: `test ${room}`, interval: INTERVAL })
  const users = await deployment.query(api.rooms.list, { roomToken })
  const { lastDisconnected } = users.find(({ userId }) => userId === 'bea')!
  expect(lastDisconnected).toBeGreaterThan(0)
  expect(lastDisconnected - heartbeats[1]!.at).toBeLessThan(INTERVAL)
}

describe('usePresence', () => {
  it('shows that a user has left as soon as the page of the user is closed', async () => {
    const { ada, bea } = await enterBoth('closed')
    await bea.close()
    await expectBeaLeft(ada, 'closed')
  })

  it('shows that a user has left as soon as the user visits another site', async () => {
    const { ada, bea } = await enterBoth('left')
    await bea.goto('about:blank')
    await expectBeaLeft(ada, 'left')
  })
})
