import type { Browser, BrowserContext } from 'playwright-core'
import type { SlowNetwork } from '../../test/support/live/slow-network.ts'
import type { FlightSubject } from './subjects.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { TASK } from '../sign-up.ts'

/** The measurements of one page load. */
export interface Boot {
  /** The messages that the page sent before the data arrived, for each flight. */
  flights: string[][]
  /** The flight in which the data was shown; 0 if the document contained it. */
  shownIn: number
  /** The flight in which live data arrived. */
  liveIn: number
  /** Milliseconds from the document's arrival. */
  shownMs: number
  liveMs: number
  /** Milliseconds from the page's first message to the arrival of live data. */
  wireMs: number
  /** The number of token requests until the network is quiet. */
  tokens: number
  sessions: number
  authenticates: number
}

interface Marks { shown?: number, live?: number, isShownBeforeAnswer?: boolean }

const QUIET_FLIGHTS = 4

/** Loads the page of a subject in its own browser profile, with the cookies of a signed-in user. */
export async function boot(browser: Browser, network: SlowNetwork, url: string, subject: FlightSubject, cookies: Parameters<BrowserContext['addCookies']>[0]): Promise<Boot> {
  const profile = await browser.newContext()
  try {
    await profile.addCookies(cookies)
    await profile.addInitScript(watch, TASK)
    const load = async (): Promise<Marks> => {
      const page = await profile.newPage()
      page.on('pageerror', (error) => {
        throw error
      })
      await page.goto(url)
      await page.waitForFunction(() => 'live' in (globalThis as any).marks)
      const marks = await page.evaluate(() => (globalThis as any).marks as Marks)
      // Messages after the data has arrived are counted, too, such as another token request or
      // another `Authenticate`.
      let seen = -1
      while (seen !== network.log.received.length) {
        seen = network.log.received.length
        await delay(QUIET_FLIGHTS * 2 * network.oneWayMs)
      }
      await page.close()
      return marks
    }
    if (subject.isReturning)
      await load()
    network.log.clear()
    const { shown, live, isShownBeforeAnswer } = await load()
    const { log } = network
    const { flight: liveIn, at } = log.find(TASK)!
    return {
      flights: log.names().slice(0, liveIn),
      shownIn: subject.isRendered || isShownBeforeAnswer ? 0 : liveIn,
      liveIn,
      shownMs: shown!,
      liveMs: live!,
      wireMs: at - log.sent[0]!.at,
      tokens: log.count('GET /api/auth/convex/token'),
      sessions: log.count('GET /api/auth/get-session'),
      authenticates: log.count('Authenticate'),
    }
  }
  finally {
    await profile.close()
  }
}

/**
 * Runs in the page before any other script: records when the page shows the data, and when the data
 * is live.
 */
function watch(task: string): void {
  const marks: Marks = {}
  Object.assign(globalThis, { marks })
  const begin = performance.now()
  const look = (): void => {
    const element = document.querySelector<HTMLElement>('#data')
    if (!element?.textContent.includes(task))
      return
    marks.shown ??= performance.now() - begin
    // The page did not know the user yet, so it showed a result that the browser had stored.
    marks.isShownBeforeAnswer ??= element.dataset.auth === 'loading'
    if (element.dataset.stale !== 'true')
      marks.live ??= performance.now() - begin
  }
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, characterData: true })
}
