import type { DevServer } from './dev-app.ts'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { findViolationsOfEachLook } from '../support/browser/axe.ts'
import { launchBrowser } from '../support/browser/browser.ts'
import { configOf, useDevApps } from './dev-app.ts'

const createApp = useDevApps()

/** A development server builds a page at its first visit, which takes long on a busy machine. */
const PATIENCE_MS = 120_000

describe('nuxt dev with Nuxt DevTools', () => {
  let server: DevServer
  beforeAll(async () => {
    const app = createApp()
    // Otherwise, the developer must confirm in the terminal that the browser may use DevTools.
    app.write('nuxt.config.ts', configOf('{}', 'devtools: { enabled: true, disableAuthorization: true }'))
    server = await app.dev()
    await server.get('/')
  })

  it('has a tab with the data viewer and the latest requests', async () => {
    const browser = await launchBrowser()
    onTestFinished(() => browser.close())
    // On a lower screen, DevTools hide a part of their tabs.
    const page = await browser.newPage({ viewport: { width: 1280, height: 2400 } })
    page.setDefaultTimeout(PATIENCE_MS)
    // DevTools load fonts and icons from the internet, which a test must not need.
    await page.route(({ hostname }) => hostname !== 'localhost' && hostname !== '127.0.0.1', route => route.abort())
    await page.goto(server.url)
    await page.waitForFunction(() => (globalThis as any).useNuxtApp?.()?.isHydrating === false)
    await page.locator('nuxt-devtools-frame').waitFor({ state: 'attached' })
    await page.keyboard.press('Shift+Alt+D')

    const devtools = page.frameLocator('iframe[src*="__nuxt_devtools__"]')
    await devtools.getByText('Get Started').click()
    await devtools.locator('a[href$="/modules/custom-convue"]').first().click()
    const viewer = devtools.frameLocator('iframe[src="/__convue"]')
    await viewer.getByRole('link', { name: 'Requests' }).click()
    await viewer.getByRole('row', { name: /GET \/ 200 anonymous/ }).first().waitFor()
    expect(await viewer.getByRole('heading', { level: 1 }).textContent()).toBe('Convue data')

    const alone = await browser.newPage({ baseURL: server.url })
    await alone.goto('/__convue#/requests')
    await alone.getByRole('button', { name: 'GET /' }).first().press('Enter')
    await alone.getByRole('dialog').getByText('"identity": "anonymous"').waitFor()
    expect(await findViolationsOfEachLook(alone)).toEqual([])
    await alone.keyboard.press('Escape')
    await alone.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await findViolationsOfEachLook(alone)).toEqual([])
  })
})
