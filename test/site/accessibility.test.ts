/** Pages of the built site in a browser: what axe reports, and what a page writes to the console. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findViolations } from '../support/browser/axe.ts'
import { launchBrowser } from '../support/browser/browser.ts'
import { serveSite } from './built-site.ts'

const PAGES: { path: string, heading: string | RegExp, isDarkToo?: boolean }[] = [
  { path: '/', heading: /Live data that knows/, isDarkToo: true },
  { path: '/documentation', heading: 'Documentation' },
  { path: '/overview', heading: 'Convue' },
  { path: '/guides/getting-started-vue', heading: 'Getting started with Vue' },
  { path: '/guides/signing-up-and-in', heading: 'Signing up and signing in' },
  { path: '/guides/deploying', heading: 'Deploying' },
  { path: '/guides/playground-pages', heading: 'The playground' },
  { path: '/reference/queries', heading: 'Queries', isDarkToo: true },
  { path: '/reference/api/queries', heading: 'Queries' },
  { path: '/reference/errors', heading: 'Errors' },
  { path: '/errors/PLUGIN_MISSING', heading: 'PLUGIN_MISSING' },
  { path: '/contributing/architecture', heading: 'Architecture', isDarkToo: true },
]

let site: Awaited<ReturnType<typeof serveSite>>
let browser: Browser

beforeAll(async () => {
  site = await serveSite()
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

describe.for(['light', 'dark'] as const)('the site in %s colours', (colorScheme) => {
  it.for(PAGES.filter(({ isDarkToo }) => colorScheme === 'light' || isDarkToo))('shows $path without a violation that axe reports', async ({ path, heading }) => {
    const page = await browser.newPage({ colorScheme, reducedMotion: 'reduce' })
    const problems: string[] = []
    page.on('console', message => message.type() === 'error' && problems.push(message.text()))
    page.on('pageerror', error => problems.push(String(error)))
    await page.goto(`${site.url}${path}`)
    await page.getByRole('heading', { level: 1, name: heading }).waitFor()
    await page.waitForFunction(() => !document.querySelector('pre.diagram'))
    expect(await page.evaluate(() => document.documentElement.classList.contains('dark'))).toBe(colorScheme === 'dark')
    expect(await findViolations(page)).toEqual([])
    expect(problems).toEqual([])
    await page.close()
  })
})
