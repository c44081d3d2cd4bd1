import type { Browser, Page } from 'puppeteer-core'
import type { StalledSocketsApp } from './start.ts'
import { launch } from 'puppeteer-core'
import { findBrowser } from '../../support/browser/find-browser.ts'
import { api } from '../../support/convex/_generated/api.js'

/**
 * Starts a browser in which a tab is hidden while another tab is in front. Playwright always shows
 * all tabs.
 */
export async function launchBrowserWithHiddenTabs(): Promise<Browser> {
  return await launch({ executablePath: await findBrowser(), headless: true, args: ['--no-sandbox', '--disable-gpu'] })
}

/** A user's visit to the page, who looks at another tab for a while. */
export class Visit {
  readonly page: Page
  readonly #app: StalledSocketsApp
  readonly #browser: Browser

  /** `isShared`: the connection of Convue's client is shared by all such visits. */
  static async begin(browser: Browser, app: StalledSocketsApp, { isShared = false } = {}): Promise<Visit> {
    const page = await browser.newPage()
    await page.goto(`${app.url}/${isShared ? '?shared' : ''}`)
    return new Visit(page, browser, app)
  }

  constructor(page: Page, browser: Browser, app: StalledSocketsApp) {
    this.page = page
    this.#browser = browser
    this.#app = app
  }

  /** Shows another tab. Resolves when the page is hidden and has received nothing for more than a second. */
  async leave(): Promise<void> {
    const other = await this.#browser.newPage()
    await other.bringToFront()
    await this.page.waitForFunction(() => document.hidden && performance.now() - (globalThis as any).times.alone > 1500, { polling: 50 })
  }

  /** Shows the page again, and resolves as soon as it is visible. */
  async returnTo(): Promise<void> {
    await this.page.bringToFront()
    await this.page.waitForFunction(() => !document.hidden, { polling: 50 })
  }

  /** Increments the counter that the page shows, and returns its value. */
  async increment(): Promise<number> {
    return await this.#app.deployment.mutation(api.counters.increment, { name: 'stalled' })
  }

  /** The text of Convue's component, and that of the client alone. */
  texts(): Promise<string[]> {
    return this.page.evaluate(() => ['output', 'p'].map(name => document.querySelector(name)?.textContent ?? ''))
  }

  /** How many connections Convue's client has opened. */
  connections(): Promise<number> {
    return this.page.evaluate(() => (globalThis as any).convex.client.connectionState().connectionCount)
  }

  /** The time from the return to the latest result, in ms. */
  elapsed(of: 'convue' | 'alone'): Promise<number> {
    return this.page.evaluate(of => (globalThis as any).times[of] - (globalThis as any).times.shown, of)
  }

  async end(): Promise<void> {
    await Promise.all((await this.#browser.pages()).map(page => page.close()))
  }
}
