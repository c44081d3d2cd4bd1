import type { Browser, FrameLocator, Page } from 'playwright-core'
import type { DevServer } from './dev-app.ts'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { findViolationsOfEachLook } from '../support/browser/axe.ts'
import { launchBrowser } from '../support/browser/browser.ts'
import { startFixture } from '../support/live/deployment.ts'
import { configOf, useDevApps } from './dev-app.ts'

const createApp = useDevApps()

/** A development server builds a page at its first visit, which takes long on a busy machine. */
const PATIENCE_MS = 120_000

/** Opens the app with Nuxt DevTools, and their tab with the data viewer. */
async function openTab({ url }: DevServer, cookie = ''): Promise<{ browser: Browser, page: Page, viewer: FrameLocator }> {
  const browser = await launchBrowser()
  onTestFinished(() => browser.close())
  // On a lower screen, DevTools hide a part of their tabs.
  const page = await browser.newPage({ viewport: { width: 1280, height: 2400 } })
  page.setDefaultTimeout(PATIENCE_MS)
  const cookies = cookie.split('; ').filter(text => text !== '').map(text => text.split('=', 2))
  await page.context().addCookies(cookies.map(([name, value]) => ({ name: name!, value: value!, url })))
  // DevTools load fonts and icons from the internet, which a test must not need.
  await page.route(({ hostname }) => hostname !== 'localhost' && hostname !== '127.0.0.1', route => route.abort())
  await page.goto(url)
  await page.waitForFunction(() => (globalThis as any).useNuxtApp?.()?.isHydrating === false)
  await page.locator('nuxt-devtools-frame').waitFor({ state: 'attached' })
  await page.keyboard.press('Shift+Alt+D')
  const devtools = page.frameLocator('iframe[src*="__nuxt_devtools__"]')
  await devtools.getByText('Get Started').click()
  await devtools.locator('a[href$="/modules/custom-convue"]').first().click()
  return { browser, page, viewer: devtools.frameLocator('iframe[src="/__convue"]') }
}

/** Otherwise, the developer must confirm in the terminal that the browser may use DevTools. */
const DEVTOOLS = 'devtools: { enabled: true, disableAuthorization: true }'

describe('nuxt dev with Nuxt DevTools', () => {
  let server: DevServer
  beforeAll(async () => {
    const app = createApp()
    app.write('nuxt.config.ts', configOf('{}', DEVTOOLS))
    server = await app.dev()
    await server.get('/')
  })

  it('has a tab with the data viewer and the latest requests', async () => {
    const { browser, viewer } = await openTab(server)
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

  it('has a tab with the queries, the calls and the auth state of the page', async () => {
    const { cookie } = await server.signUp('Ada')
    const { page, viewer } = await openTab(server, cookie)
    await viewer.getByRole('link', { name: 'Page', exact: true }).click()
    const parts = viewer.getByRole('navigation', { name: 'Parts of the page' })
    await parts.getByRole('link', { name: 'authenticated current state' }).waitFor()
    await parts.getByRole('link', { name: /^tasks:list / }).click()
    await viewer.getByText('auth mode').waitFor()
    await page.getByRole('button', { name: 'Add' }).evaluate((element: HTMLElement) => element.click())
    await viewer.getByText('tasks:add of this page').waitFor()
    await parts.getByRole('link', { name: /^tasks:add success/ }).waitFor()
    await viewer.getByRole('button', { name: 'Invalidate the query' }).click()
    await parts.getByRole('link', { name: 'Timeline' }).click()
    await viewer.getByRole('row', { name: /Convex calls tasks:add settled: success/ }).waitFor()
    await viewer.getByRole('button', { name: 'Slow down' }).click()
    await viewer.getByText('Messages of the deployment arrive 500 ms later.').waitFor()
    expect(await viewer.locator('body').textContent()).not.toContain('eyJ')
    await viewer.getByRole('button', { name: 'Sign out' }).click()
    await parts.getByRole('link', { name: 'unauthenticated current state' }).waitFor()
  })

  it('shows the parts of a page without axe violations, and says where they are shown', async () => {
    const browser = await launchBrowser()
    onTestFinished(() => browser.close())
    const page = await browser.newPage({ baseURL: server.url })
    page.setDefaultTimeout(PATIENCE_MS)
    await page.goto('/__convue#/page')
    await page.getByText('in the tab Convue of Nuxt DevTools').waitFor()
    expect(await findViolationsOfEachLook(page)).toEqual([])

    await page.addInitScript(() => {
      const states = ['loading', 'authenticated'].map(label => ({ id: `auth:${label}`, label, tags: [] as object[] }))
      states[1]!.tags.push({ label: 'current state' })
      const tree = [{ id: 'auth', label: 'Auth', tags: [{ label: 'authenticated' }], children: states }]
      const details = (id: string): object => ({ State: [{ key: 'id', value: id }, { key: 'count', value: 5n }] })
      const buttons = (id?: string): object[] => [{ label: id ? 'Act on the node' : 'Act on the page', title: 'Explained', click() {} }]
      const events = (): object[] => [{ at: 0, layer: 'Convex calls', title: 'tasks:add', subtitle: 'sent', data: { count: 5n } }]
      Object.assign(globalThis, { __CONVUE_INSPECTOR__: { tree: () => tree, details, buttons, events, message: () => 'Done.' } })
    })
    await page.reload()
    await page.getByRole('link', { name: 'authenticated current state' }).press('Enter')
    await page.getByText('auth:authenticated').waitFor()
    expect(await page.getByRole('definition').allTextContents()).toEqual(['auth:authenticated', '5n'])
    expect(await findViolationsOfEachLook(page)).toEqual([])
    await page.getByRole('link', { name: 'Timeline' }).press('Enter')
    await page.getByRole('row', { name: /Convex calls tasks:add sent/ }).waitFor()
    expect(await findViolationsOfEachLook(page)).toEqual([])
  })
})

describe('nuxt dev with a deployment that a variable names', () => {
  it('has a tab with the latest requests, which says how the embedded deployment is turned on', async () => {
    const deployment = await startFixture()
    onTestFinished(() => deployment.close())
    const app = createApp({ functions: false })
    app.write('nuxt.config.ts', configOf('{}', DEVTOOLS))
    app.write('.env.local', `CONVEX_URL=${deployment.url}\nCONVEX_SITE_URL=${deployment.siteUrl}\n`)
    app.write('convex/_generated/api.js', 'export { anyApi as api } from \'convex/server\'\n')
    const server = await app.dev()
    await server.get('/')

    const { browser, viewer } = await openTab(server)
    await viewer.getByRole('row', { name: /GET \/ 200 anonymous/ }).first().waitFor()
    const links = await viewer.getByRole('navigation', { name: 'Sections' }).getByRole('link').allTextContents()
    expect(links).toEqual(['Requests', 'Page', 'Tables', 'Files', 'Log', 'Scheduled', 'Functions', 'Mails'])
    await viewer.getByRole('link', { name: 'Tables' }).click()
    await viewer.getByRole('heading', { name: 'This section needs the embedded deployment' }).waitFor()
    await viewer.getByText('The variable CONVEX_URL names another deployment').waitFor()
    expect((await server.get('/__convue/api/tables')).html).toContain('only reads the embedded deployment')

    const alone = await browser.newPage({ baseURL: server.url })
    await alone.goto('/__convue#/scheduled')
    await alone.getByRole('heading', { name: 'This section needs the embedded deployment' }).waitFor()
    expect(await findViolationsOfEachLook(alone)).toEqual([])
  })
})
