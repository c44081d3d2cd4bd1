import type { Browser } from 'playwright-core'
import { accessSync, constants } from 'node:fs'
import process from 'node:process'
import bundled from '@sparticuz/chromium'
import { chromium } from 'playwright-core'

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
 * Starts the browser at `CHROME_PATH`, or else an installed one, or else the Linux one that is a package of its own.
 *
 * @throws if there is none that starts: a test that cannot run has not passed.
 */
export async function launchBrowser(flags: string[] = []): Promise<Browser> {
  const executablePath = process.env.CHROME_PATH ?? INSTALLED.find(isExecutable) ?? await bundled.executablePath()
  try {
    return await chromium.launch({ executablePath, args: [...FLAGS, ...flags] })
  }
  catch (cause) {
    throw new Error(`No browser starts at ${executablePath}. Install Chromium or Chrome, or name one in CHROME_PATH.`, { cause })
  }
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
