/** The playground in Firefox, which puppeteer drives by WebDriver BiDi. */
import type { Browser, BrowserContext, ElementHandle, Page } from 'puppeteer-core'
import type { Playground } from '../support/browser/start-playground.ts'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { launch } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { api } from '../../playground/convex/_generated/api.js'
import { person } from '../support/browser/playground.ts'
import { startPlayground } from '../support/browser/start-playground.ts'
import { freePort } from '../support/live/free-port.ts'

/** How long a test waits for a condition, in milliseconds. Sign-ups hash passwords. */
const PATIENCE_MS = 60_000

export interface FirefoxFixture {
  readonly url: string
  /** Opens another profile, with its own cookies and storage. */
  openProfile: () => Promise<BrowserContext>
  openPage: (profile: BrowserContext, path: string) => Promise<Page>
  /** Creates an account with one task, and signs the page's profile in. */
  signUp: (page: Page, name: string, task: string) => Promise<{ email: string, password: string }>
}

/** @throws Error if there is no Firefox, since a test that cannot run must not pass */
function findFirefox(): string {
  const found = [process.env.FIREFOX_PATH, '/usr/bin/firefox-esr', '/usr/bin/firefox'].find(path => path && existsSync(path))
  if (!found)
    throw new Error('There is no Firefox. Install it, or name it in FIREFOX_PATH.')
  return found
}

export function usePlaygroundInFirefox(): FirefoxFixture {
  let browser: Browser
  let playground: Playground
  const profiles: BrowserContext[] = []
  const errors: string[] = []

  beforeAll(async () => {
    browser = await launch({ browser: 'firefox', executablePath: findFirefox(), headless: true, timeout: PATIENCE_MS })
    playground = await startPlayground({ port: await freePort() })
  })
  afterEach(async () => {
    await Promise.all(profiles.splice(0).map(profile => profile.close()))
    expect(errors.splice(0)).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    await playground?.close()
  })

  return {
    get url() {
      return playground.url
    },
    async openProfile() {
      const profile = await browser.createBrowserContext()
      profiles.push(profile)
      return profile
    },
    async openPage(profile, path) {
      const page = await profile.newPage()
      page.setDefaultTimeout(PATIENCE_MS)
      page.setDefaultNavigationTimeout(PATIENCE_MS)
      page.on('pageerror', error => errors.push(String(error)))
      await page.evaluateOnNewDocument(recordPage)
      await page.goto(playground.url + path)
      return page
    },
    async signUp(page, name, task) {
      const account = person(name)
      const userId = await page.evaluate(async (account) => {
        const response = await fetch('/api/auth/sign-up/email', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(account) })
        return (await response.json()).user.id as string
      }, account)
      await playground.deployment!.mutation(api.tasks.add, { text: task }, { identity: { subject: userId } })
      return account
    },
  }
}

/** Waits until the page shows a text. */
export async function shows(page: Page, text: string): Promise<void> {
  await page.waitForFunction(text => document.body.textContent.includes(text), { timeout: PATIENCE_MS }, text)
}

/** Clicks a link or a button as soon as it exists, by its whole text. */
export async function click(page: Page, selector: string, text: string): Promise<void> {
  const found = await page.waitForFunction(
    (selector, text) => Array.from(document.querySelectorAll<HTMLElement>(selector)).find(element => element.textContent.trim() === text),
    { timeout: PATIENCE_MS },
    selector,
    text,
  )
  await (found.asElement() as ElementHandle<Element>).click()
}

/** Fills in the sign-in form, and submits it. */
export async function signIn(page: Page, { email, password }: { email: string, password: string }): Promise<void> {
  await page.locator('input[type=email]').fill(email)
  await page.locator('input[type=password]').fill(password)
  await page.locator('form button[type=submit], form button:not([type])').click()
}

/** The auth statuses of the frames in which the page showed a text, since the document was loaded or shown again. */
export function statusesWith(page: Page, text: string): Promise<string[]> {
  return page.evaluate(text => [...new Set((globalThis as unknown as { recordedRows: [string, string][] }).recordedRows.filter(([, rows]) => rows.includes(text)).map(([status]) => status))], text)
}

/** Whether the browser had kept the page that it shows, instead of loading it again. */
export function isKept(page: Page): Promise<boolean> {
  return page.evaluate(() => (globalThis as unknown as { isKept: boolean }).isKept)
}

/** Takes the network from the page by its switch, and waits until its sockets are closed. */
export async function goOffline(page: Page): Promise<void> {
  await click(page, 'label', 'Offline')
  await page.waitForFunction(() => (globalThis as unknown as { sockets: WebSocket[] }).sockets.every(({ readyState }) => readyState === WebSocket.CLOSED))
}

/** Navigates back to a page that Firefox has kept. Such a page has no event `load`, for which `page.goBack` would wait. */
export async function goBackToKept(page: Page, path: string): Promise<void> {
  await page.evaluate(() => void setTimeout(() => history.back()))
  await page.waitForFunction(path => location.pathname === path && 'isKept' in globalThis, { timeout: PATIENCE_MS }, path)
}

/**
 * Runs in the page. Records the auth status and the rows in every animation frame, whether the browser had kept the page, and
 * the sockets.
 */
function recordPage(): void {
  const rows: [string, string][] = []
  const sockets: WebSocket[] = []
  const RecordedWebSocket = class extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args)
      sockets.push(this)
    }
  }
  Object.assign(globalThis, { recordedRows: rows, sockets, WebSocket: RecordedWebSocket })
  addEventListener('pageshow', ({ persisted }) => {
    rows.splice(0)
    Object.assign(globalThis, { isKept: persisted })
  })
  const text = (selector: string): string => Array.from(document.querySelectorAll(selector), element => element.textContent.trim()).join()
  const look = (): void => {
    rows.push([text('.live-line [role="status"]').replace(/\s+/g, ' '), text('main li')])
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}
