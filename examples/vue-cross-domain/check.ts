/** Signs users in by e-mail and at a provider, and opens links of other browsers. */
import type { Page } from 'playwright-core'
import type { Check } from '../harness/check.ts'
import assert from 'node:assert/strict'
import { hides, observe, shows, submit } from '../harness/check.ts'

const check: Check = async ({ page, url, open, allow }) => {
  // By e-mail. The session is not in a cookie, and a reload keeps it.
  await submit(page, { Name: 'Ada', Email: 'ada@example.com', Password: 'correct horse battery' }, 'Sign up')
  await shows(page, 'Nothing to do yet.')
  await submit(page, { 'New task': 'Buy milk' }, 'Add')
  await shows(page, 'Buy milk')
  const hasShownForm = await observe(page, 'I have an account')
  const hasShownTasks = await observe(page, 'New task')
  await page.reload()
  await shows(page, 'Buy milk')
  assert.deepEqual([await hasShownTasks(), await hasShownForm()], [true, false])
  assert.deepEqual(await page.context().cookies(), [])
  await page.getByRole('button', { name: 'Sign out' }).click()
  await shows(page, 'I have an account')
  await hides(page, 'Buy milk')

  // At the provider. The token leaves the address, and is redeemed once; the form is never shown.
  const opened = recordAddresses(page)
  await continueAs(page, 'Grace')
  await shows(page, 'Nothing to do yet.')
  assert.deepEqual([await hasShownTasks(), await hasShownForm()], [true, false])
  assert.equal(page.url(), `${url}/`)
  const used = opened.find(address => new URL(address).searchParams.has('ott')) ?? ''
  assert.ok(used.startsWith(url))
  await page.reload()
  await shows(page, 'Grace')
  assert.equal(opened.filter(address => address.endsWith('/cross-domain/one-time-token/verify')).length, 1)

  // Each refusal is a failed request, of which the client writes a warning.
  allow(/400.*\/cross-domain\/one-time-token\/verify/)
  allow(/The one-time token in the page's address was not accepted/)

  // A stranger sends the address of a sign-in that ends as the stranger.
  const stranger = await open()
  await stranger.goto(url)
  const lure = await readReturnAddress(stranger, 'Mallory')
  const victim = await open()
  await victim.goto(lure)
  await shows(victim, 'This link belongs to a sign-in in another browser.')
  await shows(victim, 'I have an account')
  assert.equal(victim.url(), `${url}/`)

  // A token works once, also in the browser to which it belongs.
  await stranger.goto(lure)
  await shows(stranger, 'This link has expired')

  // A user who is signed in remains signed in.
  await page.goto(used)
  await shows(page, 'Grace')
  assert.equal(await hasShownForm(), false)

  // The message ends with the next sign-in.
  await continueAs(victim, 'Ada')
  await shows(victim, 'Nothing to do yet.')
  await victim.getByRole('button', { name: 'Sign out' }).click()
  await shows(victim, 'I have an account')
  assert.equal(await victim.getByRole('alert').count(), 0)
}

async function continueAs(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Continue with the other provider' }).click()
  await page.getByRole('link', { name: `Continue as ${name}` }).click()
}

/** Signs in at the provider, and returns the address with the one-time token without opening it. */
async function readReturnAddress(page: Page, name: string): Promise<string> {
  await page.getByRole('button', { name: 'Continue with the other provider' }).click()
  const link = await page.getByRole('link', { name: `Continue as ${name}` }).getAttribute('href')
  const response = await page.request.get(link!, { maxRedirects: 0 })
  return response.headers().location!
}

/** The addresses of all requests of a page from now on. */
function recordAddresses(page: Page): string[] {
  const addresses: string[] = []
  page.on('request', request => void addresses.push(request.url()))
  return addresses
}

export default check
