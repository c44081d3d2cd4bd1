import type { Browser, BrowserContext } from 'playwright-core'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { findBrowser } from './find-browser.ts'

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Starts the browser at `CHROME_PATH`, otherwise an installed browser, otherwise the browser that `npm ci` has installed.
 *
 * @throws Error if no browser starts, since a test that cannot run must not pass
 */
export function launchBrowser(flags: string[] = []): Promise<Browser> {
  return start(executablePath => chromium.launch({ executablePath, args: [...FLAGS, ...flags] }))
}

/**
 * Starts a browser with a back/forward cache, which Playwright turns off by default. With the cache, the browser may
 * restore a page with its previous state.
 */
export function launchBrowserWithPageCache(): Promise<Browser> {
  return start(executablePath => chromium.launch({ executablePath, args: FLAGS, ignoreDefaultArgs: ['--disable-back-forward-cache'] }))
}

/**
 * Starts a browser whose user does not allow sites to store data: there are no cookies, and access to storage throws.
 */
export async function launchBrowserWithoutStorage(): Promise<BrowserContext> {
  const folder = await mkdtemp(join(tmpdir(), 'convue-profile-'))
  await mkdir(join(folder, 'Default'))
  await writeFile(join(folder, 'Default/Preferences'), JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }))
  const profile = await start(executablePath => chromium.launchPersistentContext(folder, { executablePath, args: FLAGS }))
  profile.on('close', () => void rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  return profile
}

async function start<Started>(launch: (executablePath: string) => Promise<Started>): Promise<Started> {
  const executablePath = await findBrowser()
  try {
    return await launch(executablePath)
  }
  catch (cause) {
    throw new Error(`No browser starts at ${executablePath}. Install Chromium or Chrome, or name one in CHROME_PATH.`, { cause })
  }
}
