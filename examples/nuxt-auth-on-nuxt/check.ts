/** A user sees rendered pages and live data, and signs out. A stranger reads nothing. */
import type { Page } from 'playwright-core'
import type { Check } from '../harness/check.ts'
import assert from 'node:assert/strict'
import { ConvexHttpClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import { hides, observe, shows, submit } from '../harness/check.ts'

const credentials = { Email: 'ada@example.com', Password: 'correct horse battery' }

const check: Check = async ({ page, url, open, allow }) => {
  const cookieSources = recordCookies(page)
  await page.waitForURL(`${url}/sign-in?redirect=/`)
  await page.getByRole('link', { name: 'I am new here' }).click()
  await page.getByLabel('Name', { exact: true }).waitFor()
  await submit(page, { Name: 'Ada', ...credentials }, 'Sign up')
  await shows(page, 'Nothing to do yet.')
  await submit(page, { 'New task': 'Buy milk' }, 'Add')
  await shows(page, 'Buy milk')

  // The HTML of the server contains the tasks of the user, and the page shows them in every frame.
  assert.match(await renderedHtml(page, url), /Ada[\s\S]*Buy milk/)
  assert.deepEqual(await (await page.request.get(`${url}/api/count`)).json(), { name: 'Ada', count: 1 })
  const hasShownNothing = await observe(page, 'Nothing to do yet.')
  const hasShownForm = await observe(page, 'Sign in')
  await page.reload()
  await shows(page, 'Buy milk')
  assert.deepEqual([await hasShownNothing(), await hasShownForm()], [false, false])

  // The same user in another browser.
  const other = await open()
  await other.goto(url)
  allow(/401.*\/api\/auth\/sign-in\/email/)
  await submit(other, { ...credentials, Password: 'not this one' }, 'Sign in')
  await shows(other, 'Invalid email or password')
  await submit(other, credentials, 'Sign in')
  await shows(other, 'Buy milk')
  await submit(other, { 'New task': 'Water the plants' }, 'Add')
  await shows(page, 'Water the plants')

  await refuseStranger(page)

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(/\/sign-in/)
  await hides(page, 'Buy milk')
  assert.deepEqual(await page.context().cookies(), [])
  assert.doesNotMatch(await renderedHtml(page, url), /Ada|Buy milk/)

  // Another user has other tasks.
  await page.getByRole('link', { name: 'I am new here' }).click()
  await page.getByLabel('Name', { exact: true }).waitFor()
  await submit(page, { Name: 'Grace', Email: 'grace@example.com', Password: 'correct horse battery' }, 'Sign up')
  await shows(page, 'Nothing to do yet.')
  assert.deepEqual(cookieSources(), [url])
}

/** Each page contains the address of the deployment: with it alone, nothing can be read. */
async function refuseStranger(page: Page): Promise<void> {
  const { url, siteUrl } = await page.evaluate(() => (globalThis as any).useNuxtApp().$config.public.convex)
  const stranger = new ConvexHttpClient(url, { logger: false })
  await assert.rejects(stranger.query(anyApi.tasks!.list!), /UNAUTHENTICATED|Sign in first/)
  for (const name of ['readAuthTables', 'writeAuthTables', 'findOne']) {
    await assert.rejects(stranger.query(anyApi.authDatabase![name]!, {}), /Could not find public function/)
    await assert.rejects(stranger.mutation(anyApi.authDatabase![name]!, {}), /Could not find public function/)
  }
  for (const authorization of ['', 'Bearer ', 'Bearer undefined', `Bearer ${'x'.repeat(44)}`]) {
    const headers = { 'content-type': 'application/json', ...authorization && { authorization } }
    const { status } = await fetch(`${siteUrl}/auth-database`, { method: 'POST', headers, body: '{}' })
    assert.equal(status, 401)
  }
}

/** The origins whose responses set cookies. */
function recordCookies(page: Page): () => string[] {
  const origins = new Set<string>()
  page.context().on('response', async (response) => {
    if (await response.headerValue('set-cookie').catch(() => null))
      origins.add(new URL(response.url()).origin)
  })
  return () => [...origins]
}

/** The HTML with which the server answers a request with the cookies of a page. */
async function renderedHtml(page: Page, url: string): Promise<string> {
  const response = await page.request.get(url)
  const html = await response.text()
  // The payload contains the data too, so only what a browser shows without a script counts.
  return html.replace(/<script[\s\S]*?<\/script>/g, '')
}

export default check
