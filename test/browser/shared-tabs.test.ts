import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { SharedTabsApp } from './shared-tabs/start.ts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PATIENCE_MS } from '../../src/tabs/hub/shared-tokens.ts'
import { launchBrowserWithPageCache } from '../support/browser/browser.ts'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { startSharedTabs } from './shared-tabs/start.ts'

let app: SharedTabsApp
let browser: Browser
let profile: BrowserContext
let problems: string[]
/** The sockets that pages have opened, and not the worker. */
let ownSockets: string[]
let logStart: number
/** Token requests of the pages since the start of the test. */
let tokenRequests: { page: Page, at: number, msAfterOpening: number }[]

beforeAll(async () => {
  [app, browser] = await Promise.all([startSharedTabs(), launchBrowserWithPageCache()])
})
beforeEach(async () => {
  profile = await browser.newContext({ baseURL: app.url })
  profile.setDefaultTimeout(60_000)
  problems = []
  ownSockets = []
  tokenRequests = []
  await signUp()
  logStart = app.deployment.log.length
})
afterEach(async () => {
  await profile.close()
  await eventually(() => app.deployment.connections).toEqual([])
  expect(problems).toEqual([])
})
afterAll(async () => {
  await browser?.close()
  await app?.close()
})

let users = 0

/** Signs the browser in as a new user with one task. Returns what a sign-in needs. */
async function signUp(name = 'Ada', text = 'First', { url, deployment } = app): Promise<{ email: string, password: string }> {
  const data = { name, email: `user${++users}@example.com`, password: 'correct horse battery' }
  const response = await profile.request.post('/api/auth/sign-up/email', { data, headers: { origin: url } })
  expect(response.status()).toBe(200)
  const { user } = await response.json()
  await deployment.mutation(api.tasks.add, { text }, { identity: { subject: user.id } })
  return data
}

/** Opens a page that is not loaded yet, whose token requests are recorded. */
async function newTab(): Promise<Page> {
  const page = await profile.newPage()
  const openedAt = Date.now()
  page.on('request', (request) => {
    const at = Date.now()
    if (request.url().endsWith('/convex/token'))
      tokenRequests.push({ page, at, msAfterOpening: at - openedAt })
  })
  return page
}

/**
 * All token requests but the first, without those of tabs that have waited for the first one as
 * long as any tab waits. On a busy machine, ten tabs may need longer than that to start.
 */
function needlessTokenRequests(): typeof tokenRequests {
  return tokenRequests.slice(1).filter(({ msAfterOpening }) => msAfterOpening < PATIENCE_MS)
}

async function openTab(search = ''): Promise<Page> {
  const page = await newTab()
  page.on('pageerror', error => problems.push(error.stack ?? error.message))
  page.on('console', message => ['error', 'warning'].includes(message.type()) && problems.push(message.text()))
  page.on('websocket', socket => ownSockets.push(socket.url()))
  await page.goto(`/${search}`)
  await page.getByRole('listitem').getByText('First').waitFor()
  return page
}

const openTabs = (count: number): Promise<Page[]> => Promise.all(Array.from({ length: count }, () => openTab()))
const rows = (page: Page): Promise<string[]> => page.getByRole('listitem').allTextContents()
/** The status of the authentication, and the name of the user. */
const status = (page: Page): Promise<string | null> => page.locator('p').textContent()
const shown = (page: Page): Promise<string[][]> => page.evaluate(() => (globalThis as any).shown)

/** How often the deployment has logged an entry since the start of the test. */
const countOf = (name: string): number => app.deployment.log.slice(logStart).filter(entry => entry.name === name).length

/** Ends the shared worker, and no page. */
async function endWorker(): Promise<void> {
  const session = await browser.newBrowserCDPSession()
  const { targetInfos } = await session.send('Target.getTargets')
  const workers = targetInfos.filter(({ type }) => type === 'shared_worker')
  expect(workers).toHaveLength(1)
  await session.send('Target.closeTarget', { targetId: workers[0]!.targetId })
  await session.detach()
}

/** Ends the process of a page. */
async function crash(page: Page): Promise<void> {
  const crashed = page.waitForEvent('crash')
  const session = await profile.newCDPSession(page)
  session.send('Page.crash').catch(() => {})
  await crashed
}

describe('sharedTabs', () => {
  it('uses one socket and runs each query once for ten tabs', async () => {
    const tabs = await openTabs(10)
    expect(app.deployment.connections).toHaveLength(1)
    expect(app.deployment.connections[0]!.queries).toHaveLength(1)
    expect(ownSockets).toEqual([])
    expect([countOf('tasks:list'), countOf('authenticate'), countOf('connect')]).toEqual([1, 1, 1])
    expect(needlessTokenRequests()).toEqual([])

    await tabs[4]!.getByRole('button', { name: 'Add' }).click()
    for (const tab of tabs)
      await eventually(() => rows(tab)).toEqual(['First', 'Added'])
    expect(countOf('tasks:list')).toBe(2)
    // The optimistic update is shown in its own tab only.
    const [own, ...others] = await Promise.all([tabs[4]!, ...tabs.filter((_, index) => index !== 4)].map(shown))
    expect(own).toEqual([['First'], ['First', 'Added, not sent'], ['First', 'Added']])
    expect(others).toEqual(others.map(() => [['First'], ['First', 'Added']]))
  })

  it('drops the subscriptions of a tab that has crashed', async () => {
    const [first] = await openTabs(1)
    const second = await openTab('?counter=second')
    await eventually(() => app.deployment.connections.flatMap(({ queries }) => queries.map(({ name }) => name)).sort())
      .toEqual(['counters:get', 'tasks:list'])
    await crash(second)
    await eventually(() => app.deployment.connections.flatMap(({ queries }) => queries.map(({ name }) => name)))
      .toEqual(['tasks:list'])
    await first!.getByRole('button', { name: 'Add' }).click()
    await eventually(() => rows(first!)).toEqual(['First', 'Added'])
  })

  it('continues in the other tabs when the tab that has started the worker crashes', async () => {
    const [first, ...others] = [await openTab(), await openTab(), await openTab()]
    await crash(first)
    await others[0]!.getByRole('button', { name: 'Add' }).click()
    for (const tab of others)
      await eventually(() => rows(tab)).toEqual(['First', 'Added'])
    await eventually(() => app.deployment.connections).toHaveLength(1)
    expect(ownSockets).toEqual([])
  })

  it('runs a mutation once if the browser ends the worker before the answer arrives', async () => {
    const tabs = [await openTab(), await openTab()] as const
    app.network.cutAfter(1)
    await tabs[0].getByRole('button', { name: 'Add' }).click()
    await eventually(() => countOf('tasks:add')).toBe(1)
    await endWorker()
    app.network.cutAfter(null)
    for (const tab of tabs)
      await eventually(() => rows(tab)).toEqual(['First', 'Added'])
    await tabs[0].getByRole('button', { name: 'Add' }).click()
    for (const tab of tabs)
      await eventually(() => rows(tab)).toEqual(['First', 'Added', 'Added'])
    expect(countOf('tasks:add')).toBe(2)
    await eventually(() => app.deployment.connections).toHaveLength(1)
    expect(ownSockets).toEqual([])
  })

  it('reconnects a page that the browser restores from the back/forward cache', async () => {
    const [first, second] = [await openTab(), await openTab('?counter=second')]
    await second.evaluate(() => Object.assign(globalThis, { isSamePage: true }))
    await second.goto('about:blank')
    await eventually(() => app.deployment.connections.flatMap(({ queries }) => queries.map(({ name }) => name)))
      .toEqual(['tasks:list'])
    await first.getByRole('button', { name: 'Add' }).click()
    await second.goBack({ waitUntil: 'commit' })
    await eventually(() => rows(second)).toEqual(['First', 'Added'])
    await eventually(() => app.deployment.connections.flatMap(({ queries }) => queries)).toHaveLength(2)
    expect(await second.evaluate(() => (globalThis as any).isSamePage)).toBe(true)
    await eventually(() => app.deployment.connections).toHaveLength(1)
  })

  it('signs all tabs out with one, and requests no token for a tab that opens afterwards', async () => {
    const tabs = await openTabs(3)
    await tabs[1]!.getByRole('button', { name: 'Sign out' }).click()
    for (const tab of tabs)
      await eventually(() => status(tab)).toBe('unauthenticated')
    const later = await newTab()
    await later.goto('/')
    await eventually(() => status(later)).toBe('unauthenticated')
    for (const tab of [...tabs, later])
      expect(await rows(tab)).toEqual([])
    expect(tokenRequests.filter(({ page }) => page === later)).toEqual([])
    expect(needlessTokenRequests()).toEqual([])
  })

  it('shows in no tab a row of the previous user after one tab has switched to another user', async () => {
    const bob = await signUp('Bob', 'Of Bob')
    await signUp()
    const tabs = await openTabs(3)
    const error = await tabs[1]!.evaluate(async credentials => (await (globalThis as any).authClient.signIn.email(credentials)).error, bob)
    expect(error).toBeNull()
    for (const tab of tabs) {
      await eventually(() => status(tab)).toBe('authenticated as Bob')
      await eventually(() => rows(tab)).toEqual(['Of Bob'])
      expect((await shown(tab)).filter(list => list.length > 1)).toEqual([])
    }
    await eventually(() => app.deployment.connections).toHaveLength(1)
  })

  it('lets another tab request the token when the tab that requests it crashes', async () => {
    const held: (() => void)[] = []
    await profile.route('**/convex/token', async (route) => {
      if (held.length === 0)
        await new Promise<void>(resolve => held.push(resolve))
      await route.continue().catch(() => {})
    })
    const tabs = await Promise.all([1, 2, 3].map(async () => {
      const page = await newTab()
      await page.goto('/')
      return page
    }))
    await eventually(() => held.length).toBe(1)
    const owner = tokenRequests[0]!.page
    await crash(owner)
    const others = tabs.filter(tab => tab !== owner)
    // The request of the crashed tab is still held. On a busy machine, each of the others may have
    // requested a token for itself, which they do after five seconds without an answer.
    for (const tab of others)
      await eventually(() => rows(tab)).toEqual(['First'])
    expect(tokenRequests.filter(({ page }) => page !== owner)).not.toEqual([])
    held.forEach(resolve => resolve())
  })
})

describe('sharedTabs with tokens that expire soon', () => {
  it('requests one token for ten tabs at the start, and one for each renewal', async () => {
    const short = await startSharedTabs({ JWT_SECONDS: '30' })
    const other = await browser.newContext({ baseURL: short.url })
    try {
      await profile.close()
      profile = other
      await signUp('Ada', 'First', short)
      const tabs = await openTabs(10)
      expect(needlessTokenRequests()).toEqual([])
      const startCount = tokenRequests.length
      await eventually(() => tokenRequests.length).toBeGreaterThan(startCount + 1)
      // The tabs renew their tokens together: if each of them requested one, the requests would be
      // a few milliseconds apart.
      const renewals = tokenRequests.slice(startCount).map(({ at }) => at)
      for (const [index, at] of renewals.slice(1).entries())
        expect(at - renewals[index]!).toBeGreaterThan(2000)
      await tabs[7]!.getByRole('button', { name: 'Add' }).click()
      for (const tab of tabs)
        await eventually(() => rows(tab)).toEqual(['First', 'Added'])
    }
    finally {
      await other.close()
      await short.close()
    }
  })
})
