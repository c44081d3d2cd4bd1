import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
]

/** The folder in which `install-browser.ts` installs a browser for Linux. */
export const BROWSER_FOLDER = join(import.meta.dirname, 'chromium')

/** The browser at `CHROME_PATH`, otherwise an installed browser; `null` if the machine has none. */
export function findInstalledBrowser(): string | null {
  return process.env.CHROME_PATH ?? INSTALLED.find(isExecutable) ?? null
}

/**
 * The path of the browser that the tests use.
 *
 * @throws Error if there is none, since a test that cannot run must not pass
 */
export async function findBrowser(): Promise<string> {
  const installed = findInstalledBrowser()
  if (installed)
    return installed
  const bundled = join(BROWSER_FOLDER, 'node_modules/@sparticuz/chromium/build/index.js')
  if (!existsSync(bundled))
    throw new Error('There is no browser. Install Chromium or Chrome, name one in CHROME_PATH, or run `npm run prepare`.')
  const { default: chromium } = await import(pathToFileURL(bundled).href) as { default: { executablePath: () => Promise<string> } }
  return await chromium.executablePath()
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  }
  catch {
    return false
  }
}
