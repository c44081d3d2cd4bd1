/** Two users of one app: an admin and a user who is refused, promoted and banned, seen live. */
import type { Check } from '../harness/check.ts'
import assert from 'node:assert/strict'
import { hides, observe, shows, submit } from '../harness/check.ts'
import { requireGeneratedTables } from '../harness/generate-tables.ts'

const ada = { Email: 'ada@example.com', Password: 'correct horse battery' }
const grace = { Email: 'grace@example.com', Password: 'another horse battery' }

/** Uses the page, which `local-install-ents` has, too. */
export const useApp: Check = async ({ page, url, open, allow }) => {
  // The first user is the admin.
  await submit(page, { Name: 'Ada', ...ada }, 'Sign up')
  await shows(page, 'You are Ada, with the role admin.')
  const hasShownUserWithoutProfile = await observe(page, 'no profile')
  const hasShownUsers = await observe(page, 'Grace (Grace): user')
  await page.reload()
  await shows(page, 'Ada (Ada): admin')

  // A trigger creates the profile in the transaction that creates the user.
  const other = await open()
  await other.goto(url)
  await submit(other, { Name: 'Grace', ...grace }, 'Sign up')
  await shows(other, 'You are Grace, with the role user.')
  await shows(page, 'Grace (Grace): user')
  await submit(other, { 'New nickname': 'Amazing Grace' }, 'Save')
  await shows(page, 'Grace (Amazing Grace): user')
  assert.deepEqual([await hasShownUsers(), await hasShownUserWithoutProfile()], [true, false])

  // Only admins see the list. It appears and disappears with the role.
  await shows(other, 'You may not do this.')
  await page.getByRole('button', { name: 'Make Grace an admin' }).click()
  await shows(other, 'Ada (Ada): admin')
  await hides(other, 'You may not do this.')
  await page.getByRole('button', { name: 'Make Grace a user' }).click()
  await shows(other, 'You may not do this.')
  await hides(other, 'Ada (Ada): admin')

  // The active organization belongs to the session, which two windows of a browser share.
  const window = await page.context().newPage()
  await window.goto(url)
  await submit(page, { 'New team': 'Birds' }, 'Create')
  await shows(window, 'Notes of Birds')
  await submit(page, { 'New note': 'A robin' }, 'Add')
  await shows(window, 'Ada: A robin')
  await submit(page, { 'New team': 'Trees' }, 'Create')
  await shows(window, 'Notes of Trees')
  await hides(window, 'Ada: A robin')
  await page.getByRole('button', { name: 'Birds' }).click()
  await shows(window, 'Ada: A robin')

  // A ban ends the session of the user at once.
  await page.getByRole('button', { name: 'Ban Grace' }).click()
  await shows(page, 'Grace (Amazing Grace): banned')
  await shows(other, 'I have an account')
  await hides(other, 'You are Amazing Grace')
  await other.getByRole('button', { name: 'I have an account' }).click()
  allow(/403.*\/api\/auth\/sign-in\/email/)
  await submit(other, grace, 'Sign in')
  await shows(other, 'You have been banned')
  await page.getByRole('button', { name: 'Unban Grace' }).click()
  await shows(page, 'Grace (Amazing Grace): user')
  await submit(other, grace, 'Sign in')
  await shows(other, 'You are Amazing Grace')

  await page.getByRole('button', { name: 'Sign out' }).click()
  for (const anonymous of [page, window]) {
    await shows(anonymous, 'I have an account')
    await hides(anonymous, 'Ada: A robin')
  }
}

const check: Check = async (context) => {
  await requireGeneratedTables(context.folder)
  await useApp(context)
}

export default check
