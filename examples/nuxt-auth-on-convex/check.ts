/** A user is rendered by the server, sees live data, changes the password, and signs out. */
import type { Page } from 'playwright-core'
import type { Check } from '../harness/check.ts'
import assert from 'node:assert/strict'
import { hides, observe, shows, submit } from '../harness/check.ts'

const Email = 'ada@example.com'
const Password = 'correct horse battery'
const newPassword = 'another horse battery'

const check: Check = async ({ page, url, open, allow }) => {
  // A page for signed-in users redirects to the form, and back.
  await page.goto(`${url}/account`)
  await page.waitForURL(`${url}/sign-in?redirect=/account`)
  await page.getByRole('link', { name: 'I am new here' }).click()
  await shows(page, 'I have an account')
  await untilHydrated(page)
  await submit(page, { Name: 'Ada', Email, Password }, 'Sign up')
  await page.waitForURL(`${url}/account`)
  await shows(page, Email)

  await page.getByRole('link', { name: 'Tasks' }).click()
  await shows(page, 'Nothing to do yet.')
  await submit(page, { 'New task': 'Buy milk' }, 'Add')
  await shows(page, 'Buy milk')

  // The HTML of the server contains the tasks, and the page shows them in every frame.
  for (const [path, text] of [['/tasks', 'Buy milk'], ['/', 'You have 1 tasks.']] as const) {
    assert.match(await renderedHtml(page, url + path), new RegExp(text))
    await page.goto(url + path)
    await shows(page, text)
  }
  const hasShownNothing = await observe(page, 'Nothing to do yet.')
  const hasShownForm = await observe(page, 'Sign in')
  await page.goto(`${url}/tasks`)
  await shows(page, 'Live')
  await shows(page, 'Buy milk')
  assert.deepEqual([await hasShownNothing(), await hasShownForm()], [false, false])

  // The same user in another browser.
  const other = await open()
  await other.goto(`${url}/sign-in?redirect=/tasks`)
  await untilHydrated(other)
  await submit(other, { Email, Password }, 'Sign in')
  await submit(other, { 'New task': 'Water the plants' }, 'Add')
  await shows(page, 'Water the plants')

  // The page shows why Better Auth refuses a password.
  await page.getByRole('link', { name: 'Account' }).click()
  allow(/400.*\/api\/password/)
  await submit(page, { 'Current password': 'not this one', 'New password': newPassword }, 'Change password')
  await shows(page, 'Invalid password')
  await submit(page, { 'Current password': Password, 'New password': newPassword }, 'Change password')
  await shows(page, 'Your password is changed.')

  await page.getByRole('link', { name: 'Tasks' }).click()
  await shows(page, 'Buy milk')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(`${url}/sign-in?redirect=/tasks`)
  await hides(page, 'Buy milk')
  assert.doesNotMatch(await renderedHtml(page, url), /Ada/)
  allow(/401.*\/api\/auth\/sign-in\/email/)
  await submit(page, { Email, Password }, 'Sign in')
  await shows(page, 'Invalid email or password')
  await submit(page, { Email, Password: newPassword }, 'Sign in')
  await shows(page, 'Buy milk')
}

/** Waits until the scripts of a rendered page answer its events. */
async function untilHydrated(page: Page): Promise<void> {
  await page.waitForFunction(() => (globalThis as any).useNuxtApp?.().isHydrating === false)
}

/** The HTML with which the server answers a request with the cookies of a page. */
async function renderedHtml(page: Page, url: string): Promise<string> {
  const response = await page.request.get(url)
  const html = await response.text()
  // The payload contains the data too, so only what a browser shows without a script counts.
  return html.replace(/<script[\s\S]*?<\/script>/g, '')
}

export default check
