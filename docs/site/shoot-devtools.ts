/**
 * `npm run docs:pictures`: takes the pictures of the guide about DevTools, in `docs/public/devtools`. It runs the playground with
 * Vite and with Nuxt, and needs Chromium and ffmpeg. Names after the command choose pictures.
 */
import type { Browser, BrowserContext, FrameLocator, Page } from 'playwright-core'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { launchBrowser } from '../../test/support/browser/browser.ts'
import { PATIENCE_MS, runPlayground, signInAsDemoUser } from './run-playground.ts'

const TARGET = join(import.meta.dirname, '../public/devtools')
const PORT = 5198

const folder = mkdtempSync(join(tmpdir(), 'convue-devtools-'))

/** The page of the tasks with one task, and the inspector of Convue over it. */
interface Inspector {
  page: Page
  devtools: FrameLocator
}

/** What each picture of Vue DevTools shows, and its steps. */
const ofVueDevTools: Record<string, (inspector: Inspector) => Promise<void>> = {
  'vue-devtools': async ({ devtools }) => {
    await expand(devtools, 'Queries')
    await devtools.getByText(/^tasks:list \{/).first().click()
    await devtools.getByText('tasks:add of this page').waitFor()
  },
  'auth-states': async ({ devtools }) => {
    await expand(devtools, 'Auth')
    await devtools.getByText('current state').waitFor()
    await devtools.getByText('refreshing', { exact: true }).first().click()
    await devtools.getByText('The user is known').waitFor()
  },
  'timeline': async ({ page, devtools }) => {
    await devtools.getByText('Timeline', { exact: true }).click()
    await devtools.locator('.recording-btn').click()
    await addTask(page, 'Call Grace')
    await devtools.getByText('settled: success').first().waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await devtools.getByText(/socket of user \d+/).first().waitFor()
    await devtools.getByText('auth: signedOut').first().click()
    await devtools.getByText('Event Info').waitFor()
  },
}

/** What each picture of the data viewer shows, its steps, and its size. */
const ofDataViewer: Record<string, { width: number, height: number, take: (page: Page, url: string) => Promise<void> }> = {
  'data-viewer': {
    width: 1280,
    height: 420,
    async take(page, url) {
      await page.goto(`${url}/__convue`)
      await page.getByRole('link', { name: /^tasks/ }).first().click()
      await page.getByRole('row', { name: /Water the ferns/ }).first().waitFor()
    },
  },
  'nuxt-devtools': {
    // DevTools take four fifths of the width, and the table has many columns.
    width: 1680,
    height: 760,
    async take(page, url) {
      await page.goto(`${url}/tasks`)
      await page.waitForFunction(() => (globalThis as any).useNuxtApp?.()?.isHydrating === false)
      await page.locator('nuxt-devtools-frame').waitFor({ state: 'attached' })
      // On a lower screen, DevTools hide a part of their tabs.
      await page.setViewportSize({ width: 1680, height: 2400 })
      await page.keyboard.press('Shift+Alt+D')
      const devtools = page.frameLocator('iframe[src*="__nuxt_devtools__"]')
      await devtools.getByText('Get Started').click()
      await devtools.locator('a[href$="/modules/custom-convue"]').first().click()
      const viewer = devtools.frameLocator('iframe[src="/__convue"]')
      await viewer.getByRole('link', { name: 'Requests' }).click()
      await viewer.getByRole('row', { name: /GET \/tasks 200 Demo user/ }).first().waitFor()
      // The first request waited until the server was built.
      await viewer.getByRole('row').last().evaluate(row => row.remove())
    },
  },
}

async function openProfile(browser: Browser, height: number): Promise<BrowserContext> {
  const profile = await browser.newContext({ viewport: { width: 1280, height }, colorScheme: 'light', reducedMotion: 'reduce' })
  profile.setDefaultTimeout(PATIENCE_MS)
  profile.setDefaultNavigationTimeout(PATIENCE_MS)
  // DevTools load fonts and icons from the internet, which not every machine has.
  await profile.route(({ hostname }) => hostname !== 'localhost' && hostname !== '127.0.0.1', route => route.abort())
  return profile
}

async function addTask(page: Page, text: string): Promise<void> {
  await page.getByLabel('New task').fill(text)
  await page.getByLabel('New task').press('Enter')
  await page.getByRole('main').getByRole('listitem').filter({ hasText: text }).first().waitFor()
}

/** Shows the children of a node of the tree. A click on a name would show the details of the node instead. */
async function expand(devtools: FrameLocator, name: string): Promise<void> {
  await devtools.getByText(name, { exact: true }).first().locator('xpath=../../i').click()
}

async function openInspector(profile: BrowserContext, url: string): Promise<Inspector> {
  const page = await profile.newPage()
  await page.goto(`${url}/tasks`)
  await addTask(page, 'Water the ferns')
  await page.keyboard.press('Alt+Shift+D')
  const devtools = page.frameLocator('#vue-devtools-iframe')
  await devtools.locator('a[href="/custom-inspector-tab-view/convue"]').click()
  await devtools.getByText('next renewal in').waitFor()
  return { page, devtools }
}

function encode(name: string, file: string): void {
  execFileSync('ffmpeg', ['-y', '-loglevel', 'error', '-i', file, '-c:v', 'libwebp', '-q:v', '80', join(TARGET, `${name}.webp`)])
  console.log(name)
}

const wanted = process.argv.slice(2)
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name)

async function shootVueDevTools(browser: Browser, url: string): Promise<void> {
  for (const name of Object.keys(ofVueDevTools).filter(isWanted)) {
    const profile = await openProfile(browser, 820)
    await signInAsDemoUser(profile, url)
    const inspector = await openInspector(profile, url)
    await ofVueDevTools[name]!(inspector)
    const file = join(folder, `${name}.png`)
    await inspector.page.locator('#vue-devtools-iframe').screenshot({ path: file })
    encode(name, file)
    await profile.close()
  }
}

async function shootDataViewer(browser: Browser, url: string): Promise<void> {
  const profile = await openProfile(browser, 800)
  await signInAsDemoUser(profile, url)
  const page = await profile.newPage()
  await page.goto(`${url}/tasks`)
  await page.waitForFunction(() => (globalThis as any).useNuxtApp?.()?.isHydrating === false)
  await addTask(page, 'Water the ferns')
  await addTask(page, 'Call Grace')
  // The server has built the pages by now, so the latest requests show how long they usually take.
  await page.goto(`${url}/feed`)
  for (const [name, { width, height, take }] of Object.entries(ofDataViewer).filter(([name]) => isWanted(name))) {
    await take(page, url)
    await page.setViewportSize({ width, height })
    const file = join(folder, `${name}.png`)
    await page.screenshot({ path: file })
    encode(name, file)
  }
  await profile.close()
}

const browser = await launchBrowser()
try {
  if (Object.keys(ofVueDevTools).some(isWanted))
    await runPlayground('vite', PORT, url => shootVueDevTools(browser, url))
  if (Object.keys(ofDataViewer).some(isWanted))
    await runPlayground('nuxt', PORT, url => shootDataViewer(browser, url))
}
finally {
  await browser.close()
  rmSync(folder, { recursive: true })
}
