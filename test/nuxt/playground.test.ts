import type { ChildProcess } from 'node:child_process'
import type { Browser, ConsoleMessage, Page } from 'playwright-core'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findViolationsOfEachLook } from '../support/browser/axe.ts'
import { launchBrowser } from '../support/browser/browser.ts'
import { guestPages, playgroundPages } from '../support/browser/playground-pages.ts'
import { freePort } from '../support/live/free-port.ts'
import { plainEnv } from './build-app.ts'

const PLAYGROUND = fileURLToPath(new URL('../../playground/nuxt', import.meta.url))
const NUXT = fileURLToPath(new URL('../../node_modules/nuxt/bin/nuxt.mjs', import.meta.url))

let browser: Browser
let dev: ChildProcess
let url: string
let log = ''
beforeAll(async () => {
  const port = await freePort()
  url = `http://localhost:${port}`
  dev = spawn(process.execPath, [NUXT, 'dev', PLAYGROUND], { env: { ...plainEnv(), PORT: String(port), PLAYGROUND_DEVTOOLS: 'false' } })
  const started = new Promise<void>((resolve, reject) => {
    for (const stream of [dev.stdout!, dev.stderr!]) {
      stream.on('data', (chunk) => {
        log += chunk
        if (log.includes('Nitro server built'))
          resolve()
      })
    }
    dev.once('exit', () => reject(new Error(`npm run dev:nuxt has ended:\n${log}`)))
  })
  ;[browser] = await Promise.all([launchBrowser(), started])
})
afterAll(async () => {
  await browser?.close()
  dev?.kill()
  if (dev && dev.exitCode === null)
    await once(dev, 'exit')
})

/** Fills in a form and submits it. */
async function submit(page: Page, fields: Record<string, string>, button: string): Promise<void> {
  for (const [label, value] of Object.entries(fields))
    await page.getByLabel(label).fill(value)
  await page.locator('form').getByRole('button', { name: button, exact: true }).click()
}

/** Waits for hydration: before it, the browser itself would submit forms and follow links. */
async function hydrated(page: Page): Promise<void> {
  await page.waitForFunction(() => (globalThis as any).useNuxtApp?.()?.isHydrating === false)
}

/** Warnings and errors of Vue or the browser, except for the response to a wrong password. */
function isProblem(message: ConsoleMessage): boolean {
  return message.type() === 'warning' || (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
}

describe('npm run dev:nuxt', () => {
  it('serves pages and routes as the user of the request', async () => {
    const profile = await browser.newContext({ baseURL: url })
    const page = await profile.newPage()
    profile.setDefaultTimeout(120_000)
    const problems: string[] = []
    page.on('console', message => isProblem(message) && problems.push(message.text()))

    // The tasks require a user: signing up leads back to them.
    // The first page of a development server takes long.
    await page.goto('/tasks')
    await page.waitForURL(/sign-in\?redirect=/)
    await hydrated(page)
    await page.getByRole('link', { name: 'Sign up' }).click()
    await submit(page, { Name: 'Ada', Email: 'ada@example.com', Password: 'correct horse battery' }, 'Sign up')
    await page.waitForURL('**/tasks')
    await submit(page, { 'New task': 'Water the ferns' }, 'Add task')
    await page.getByRole('checkbox', { name: 'Water the ferns' }).waitFor()

    // The document contains the data, as HTML and as JSON.
    const source = await (await profile.request.get('/tasks')).text()
    expect(source).toMatch(/<main.*Water the ferns.*<\/main>/s)
    expect(await (await profile.request.get('/api/tasks')).json()).toMatchObject([{ text: 'Water the ferns' }])
    expect((await (await browser.newContext({ baseURL: url })).request.get('/api/tasks')).status()).toBe(401)

    // A route of the app's server changes the password.
    await page.goto('/account')
    await page.getByText('Ada, ada@example.com').waitFor()
    await hydrated(page)
    await submit(page, { 'Current password': 'not this one', 'New password': 'another horse battery' }, 'Change password')
    await page.getByText('That is not your current password.').waitFor()
    await submit(page, { 'Current password': 'correct horse battery', 'New password': 'another horse battery' }, 'Change password')
    await page.getByText('Your password is changed.').waitFor()

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(/sign-in\?redirect=/)
    expect(problems).toEqual([])
  })

  it('renders every page for a user and anonymously, without axe violations in all themes', async () => {
    const found: string[] = []
    for (const who of ['guest', 'user'] as const) {
      const profile = await browser.newContext({ baseURL: url })
      profile.setDefaultTimeout(120_000)
      if (who === 'user') {
        const data = { name: 'Grace', email: 'grace@example.com', password: 'correct horse battery' }
        await profile.request.post('/api/auth/sign-up/email', { data, headers: { origin: url } })
      }
      for (const { path, heading, onNuxt } of playgroundPages.filter(({ onNuxt }) => onNuxt !== null)) {
        // A page rule redirects anonymous users to the sign-in page, and signed-in users from it.
        const isElsewhere = (who === 'guest' ? ['/tasks', '/account'] : guestPages).includes(path)
        const page = await profile.newPage()
        const problems: string[] = []
        page.on('console', message => isProblem(message) && problems.push(message.text()))
        page.on('pageerror', error => problems.push(String(error)))
        const response = await page.goto(path)
        expect(response!.status(), path).toBe(path === '/no/such/page' ? 404 : 200)
        await hydrated(page)
        if (!isElsewhere) {
          await page.getByRole('heading', { level: 1, name: onNuxt ?? heading }).waitFor()
          // The inspector is rendered only in the browser, since a server has no sockets to show.
          if (path !== '/inspector')
            expect((await response!.text()).replaceAll(/\s+/g, ' '), path).toMatch(new RegExp(`<h1[^>]*> ?${onNuxt ?? heading} ?</h1>`))
        }
        // Rendered data is stale until it is live.
        await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
        problems.push(...await findViolationsOfEachLook(page))
        found.push(...problems.map(problem => `${path} for a ${who}: ${problem}`))
        await page.close()
      }
    }
    expect(found).toEqual([])
  })

  it('keeps the theme after a reload, and refuses mutations that another site causes', async () => {
    const profile = await browser.newContext({ baseURL: url })
    const page = await profile.newPage()
    await page.goto('/')
    await hydrated(page)
    await page.getByRole('button', { name: 'Theme: auto' }).click()
    await page.reload()
    await page.getByRole('button', { name: 'Theme: light' }).waitFor()
    expect(await page.locator('html').getAttribute('data-theme')).toBe('light')

    const data = { name: 'Alan', email: 'alan@example.com', password: 'correct horse battery' }
    await profile.request.post('/api/auth/sign-up/email', { data, headers: { origin: url } })
    const passwords = { currentPassword: 'correct horse battery', newPassword: 'another horse battery' }
    const refused = await profile.request.post('/api/password', { data: passwords, headers: { origin: 'https://evil.example' } })
    expect(refused.status()).toBe(403)
    expect((await profile.request.post('/api/password', { data: passwords, headers: { origin: url } })).ok()).toBe(true)
  })

  it('enables the buttons that sign in only when the page is hydrated, so that no click is lost', async () => {
    const profile = await browser.newContext({ baseURL: url })
    profile.setDefaultTimeout(120_000)
    for (const path of ['/', '/sign-in']) {
      const source = await (await profile.request.get(path)).text()
      const buttons = source.match(/<button[^>]*>(?:(?!<\/button>).)*(?:Continue as demo user|Sign in)\s*<\/button>/gs)!
      expect(buttons.length).toBeGreaterThan(0)
      expect(buttons.filter(button => !/^<button[^>]* disabled/.test(button))).toEqual([])
    }
    const page = await profile.newPage()
    await page.goto('/')
    await page.getByRole('button', { name: 'Continue as demo user' }).click()
    await page.getByText('Good to see you').waitFor()
  })

  it('prints that its deployment is embedded and keeps its data in memory', () => {
    expect(log).toContain('Convex: embedded deployment')
    expect(log).toContain('Data: in memory')
  })

  it('does not treat its own development server as a reverse proxy', () => {
    expect(log).not.toContain('CLIENT_ADDRESS_UNKNOWN')
  })
})
