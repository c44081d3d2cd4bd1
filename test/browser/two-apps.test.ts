import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { TwoApps } from './two-apps/start.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, launchBrowserWithoutStorage } from '../support/browser/browser.ts'
import { eventually } from '../support/environment/eventually.ts'
import { startTwoApps } from './two-apps/start.ts'

type Name = 'first' | 'second'

let server: TwoApps
let browser: Browser
const profiles: BrowserContext[] = []
const problems: string[] = []
beforeAll(async () => {
  [server, browser] = await Promise.all([startTwoApps(), launchBrowser()])
})
afterEach(async () => {
  await Promise.all(profiles.splice(0).map(profile => profile.close()))
  expect(problems.splice(0)).toEqual([])
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
})

async function openPage(profile: BrowserContext): Promise<{ page: Page, requests: string[] }> {
  if (!profiles.includes(profile))
    profiles.push(profile)
  const page = await profile.newPage()
  const requests: string[] = []
  page.on('pageerror', error => problems.push(error.stack ?? error.message))
  page.on('request', request => /auth/.test(request.url()) && requests.push(new URL(request.url()).pathname))
  await page.goto(server.url)
  await page.locator('#second [role=status]').waitFor()
  return { page, requests }
}

function panel(page: Page, name: Name) {
  return {
    status: () => page.locator(`#${name} [role=status]`).textContent(),
    rows: () => page.locator(`#${name} li`).allTextContents(),
    whoami: () => page.locator(`#${name} output`).textContent(),
    write: () => page.locator(`#${name}`).getByRole('button', { name: 'Write' }).click(),
  }
}

let people = 0

async function signUp(page: Page, app: Name, name: string): Promise<void> {
  const error = await page.evaluate(async ({ app, name, email }) => {
    const { error } = await (globalThis as any).apps[app].authClient.signUp.email({ name, email, password: 'correct horse battery' })
    return error
  }, { app, name, email: `person${++people}@example.com` })
  expect(error).toBeNull()
}

async function signOut(page: Page, app: Name): Promise<void> {
  await page.evaluate(app => (globalThis as any).apps[app].convex.auth.signOut(), app)
}

describe('two apps on one page, with a deployment and a session each', () => {
  it('sign in and out independently of each other, in every tab', async () => {
    const profile = await browser.newContext()
    const { page } = await openPage(profile)
    const { page: other } = await openPage(profile)
    const [first, second] = [panel(page, 'first'), panel(page, 'second')]
    await eventually(first.status).toBe('unauthenticated')
    await eventually(second.status).toBe('unauthenticated')

    await signUp(page, 'first', 'Ada')
    await eventually(first.status).toBe('authenticated as Ada')
    await eventually(panel(other, 'first').status).toBe('authenticated as Ada')
    expect(await second.status()).toBe('unauthenticated')
    expect(await second.whoami()).toBe('null')

    await signUp(page, 'second', 'Bea')
    await eventually(second.status).toBe('authenticated as Bea')
    await eventually(panel(other, 'second').status).toBe('authenticated as Bea')
    await first.write()
    await second.write()
    await eventually(first.rows).toEqual(['written by Ada'])
    await eventually(second.rows).toEqual(['written by Bea'])
    await eventually(panel(other, 'first').rows).toEqual(['written by Ada'])
    expect(await first.whoami()).toContain('Ada')
    expect(await second.whoami()).toContain('Bea')

    await signOut(other, 'first')
    await eventually(first.status).toBe('unauthenticated')
    expect(await first.rows()).toEqual([])
    expect(await second.status()).toBe('authenticated as Bea')
    expect(await second.rows()).toEqual(['written by Bea'])
    expect(await panel(other, 'second').rows()).toEqual(['written by Bea'])
  })

  it('each continue when the other one is unmounted', async () => {
    const profile = await browser.newContext()
    const { page } = await openPage(profile)
    await signUp(page, 'first', 'Ada')
    await signUp(page, 'second', 'Bea')
    const second = panel(page, 'second')
    await eventually(panel(page, 'first').status).toBe('authenticated as Ada')
    await eventually(second.status).toBe('authenticated as Bea')
    await page.evaluate(() => (globalThis as any).apps.first.app.unmount())
    await second.write()
    await eventually(second.rows).toEqual(['written by Bea'])
    await signOut(page, 'second')
    await eventually(second.status).toBe('unauthenticated')
  })
})

describe('a browser that blocks storage and cookies', () => {
  it('shows public data, remains anonymous after a sign-in, and requests no token', async () => {
    const { page, requests } = await openPage(await launchBrowserWithoutStorage())
    expect(await page.evaluate(() => {
      try {
        return String(localStorage)
      }
      catch (error) {
        return (error as Error).name
      }
    })).toBe('SecurityError')
    const first = panel(page, 'first')
    await eventually(first.status).toBe('unauthenticated')
    await eventually(first.whoami).toBe('null')

    // The server signs the user in, and the browser drops the cookie.
    await signUp(page, 'first', 'Ada')
    await eventually(() => requests.filter(path => path === '/api/auth/get-session').length).toBe(2)
    await eventually(first.status).toBe('unauthenticated')
    await page.evaluate(() => (globalThis as any).apps.first.authClient.getSession())
    expect(requests.filter(path => path.endsWith('/token'))).toEqual([])
  })
})

describe('a browser that keeps only cookies', () => {
  it('signs in and out without storage and channels, and stays signed in after a reload', async () => {
    const profile = await browser.newContext()
    await profile.addInitScript(() => {
      const refuse = (): never => {
        throw new DOMException('Access is denied for this document.', 'SecurityError')
      }
      Object.defineProperty(globalThis, 'localStorage', { get: refuse })
      Object.defineProperty(globalThis, 'BroadcastChannel', { value: refuse })
    })
    const { page, requests } = await openPage(profile)
    const first = panel(page, 'first')
    await signUp(page, 'first', 'Ada')
    await eventually(first.status).toBe('authenticated as Ada')
    await first.write()
    await eventually(first.rows).toEqual(['written by Ada'])
    requests.length = 0
    await page.reload()
    await eventually(first.rows).toEqual(['written by Ada'])
    expect(requests.filter(path => path === '/api/auth/convex/token')).toHaveLength(1)
    await signOut(page, 'first')
    await eventually(first.status).toBe('unauthenticated')
    expect(await first.rows()).toEqual([])
  })

  it('signs in and out in every tab when its storage is full', async () => {
    const profile = await browser.newContext()
    await profile.addInitScript(() => {
      Storage.prototype.setItem = () => {
        throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
      }
    })
    const { page } = await openPage(profile)
    const { page: other } = await openPage(profile)
    await signUp(page, 'first', 'Ada')
    await eventually(panel(other, 'first').status).toBe('authenticated as Ada')
    await signOut(other, 'first')
    await eventually(panel(page, 'first').status).toBe('unauthenticated')
  })
})
