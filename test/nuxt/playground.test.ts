import type { ChildProcess } from 'node:child_process'
import type { Browser, Page } from 'playwright-core'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { plainEnv } from './build-app.ts'
import { freePort } from './free-port.ts'

const DEV = fileURLToPath(new URL('../../playground/nuxt/dev.ts', import.meta.url))

let browser: Browser
let dev: ChildProcess
let url: string
beforeAll(async () => {
  const port = await freePort()
  url = `http://localhost:${port}`
  dev = spawn(process.execPath, [DEV], { env: { ...plainEnv(), PORT: String(port) } })
  let log = ''
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

/** Fills in a form and sends it. */
async function submit(page: Page, fields: Record<string, string>, button: string): Promise<void> {
  for (const [label, value] of Object.entries(fields))
    await page.getByLabel(label).fill(value)
  await page.locator('form').getByRole('button', { name: button, exact: true }).click()
}

/** Before, the browser itself would send forms and follow links. */
async function hydrated(page: Page): Promise<void> {
  await page.waitForFunction(() => (globalThis as any).useNuxtApp?.()?.isHydrating === false)
}

describe('npm run dev:nuxt', () => {
  it('serves pages that are rendered as their user, and routes that answer as them', async () => {
    const profile = await browser.newContext({ baseURL: url })
    const page = await profile.newPage()
    profile.setDefaultTimeout(10_000)
    const problems: string[] = []
    page.on('console', message => message.type() === 'warning' && problems.push(message.text()))

    // Nobody may see the tasks: signing up leads back to them.
    // The first page of a dev server takes its time.
    await page.goto('/tasks', { timeout: 40_000 })
    await page.waitForURL(/sign-in\?redirect=/)
    await hydrated(page)
    await page.getByRole('link', { name: 'Sign up' }).click()
    await submit(page, { Name: 'Ada', Email: 'ada@example.com', Password: 'correct horse battery' }, 'Sign up')
    await page.waitForURL('**/tasks')
    await submit(page, { 'New task': 'Water the ferns' }, 'Add task')
    await page.getByRole('checkbox', { name: 'Water the ferns' }).waitFor()

    // In the source of the page, and as JSON.
    const source = await (await profile.request.get('/tasks')).text()
    expect(source).toMatch(/<main.*Water the ferns.*<\/main>/s)
    expect(await (await profile.request.get('/api/tasks')).json()).toMatchObject([{ text: 'Water the ferns' }])
    expect((await (await browser.newContext({ baseURL: url })).request.get('/api/tasks')).status()).toBe(401)

    // Through a route of the app's server.
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
  }, 60_000)
})
