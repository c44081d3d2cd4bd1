/** The pages of a check, and what is wrong with them. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { findViolations } from '../../test/support/browser/axe.ts'

export interface Pages {
  open: () => Promise<Page>
  allow: (message: RegExp) => void
  /**
   * Throws if a page has had an error or a message on its console, or is not accessible.
   *
   * @param part A selector of the elements that must be accessible. @default the whole page
   */
  verify: (part?: string) => Promise<void>
  /** The content of the pages, to explain a failure. */
  describe: () => Promise<string>
  close: () => Promise<void>
}

/**
 * A time limit for conditions that never become true. It is too long to be reached by a slow
 * machine.
 */
const LONGEST_WAIT_MS = 120_000

/** Opens pages of the app at `url`, each in a browser context of its own. */
export function openPages(browser: Browser, url: string): Pages {
  const contexts: BrowserContext[] = []
  const allowed: RegExp[] = []
  const problems: string[] = []
  const openedPages = (): Page[] => contexts.flatMap(context => context.pages())
  const unexpected = (): string[] => problems.filter(problem => !allowed.some(pattern => pattern.test(problem)))

  async function open(): Promise<Page> {
    const context = await browser.newContext()
    context.setDefaultTimeout(LONGEST_WAIT_MS)
    contexts.push(context)
    context.on('weberror', error => problems.push(`page error: ${error.error()}`))
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()))
        problems.push(`console.${message.type()}: ${message.text()} (${message.location().url})`)
    })
    return await context.newPage()
  }

  async function verify(part?: string): Promise<void> {
    for (const page of openedPages().filter(page => page.url().startsWith(url)))
      problems.push(...(await findViolations(page, part)).map(violation => `not accessible: ${violation}`))
    if (unexpected().length > 0)
      throw new Error('The check passed, but the pages have problems.')
  }

  async function describe(): Promise<string> {
    const texts = await Promise.all(openedPages().map(async page =>
      `${page.url()}: ${await page.locator('body').innerText().catch(String)}`))
    return [...unexpected(), ...texts].join('\n')
  }

  return {
    open,
    allow: message => void allowed.push(message),
    verify,
    describe,
    close: async () => void await Promise.all(contexts.map(context => context.close())),
  }
}
