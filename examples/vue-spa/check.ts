/** A user adds tasks, sees them live in another browser and after a reload, and signs out. */
import type { Check } from '../harness/check.ts'
import assert from 'node:assert/strict'
import { hides, observe, shows, submit } from '../harness/check.ts'

const credentials = { Email: 'ada@example.com', Password: 'correct horse battery' }

const check: Check = async ({ page, url, open, allow }) => {
  await submit(page, { Name: 'Ada', ...credentials }, 'Sign up')
  await shows(page, 'Nothing to do yet.')
  await submit(page, { 'New task': 'Buy milk' }, 'Add')
  await shows(page, 'Buy milk')

  // The same user in another browser, after a wrong password.
  const other = await open()
  await other.goto(url)
  await other.getByRole('button', { name: 'I have an account' }).click()
  allow(/401.*\/api\/auth\/sign-in\/email/)
  await submit(other, { ...credentials, Password: 'not this one' }, 'Sign in')
  await shows(other, 'Invalid email or password')
  await submit(other, credentials, 'Sign in')
  await shows(other, 'Buy milk')
  await submit(other, { 'New task': 'Water the plants' }, 'Add')
  await shows(page, 'Water the plants')

  // A reload never shows the page of an anonymous user.
  const hasShownForm = await observe(page, 'Sign up')
  const hasShownTasks = await observe(page, 'Buy milk')
  await page.reload()
  await shows(page, 'Water the plants')
  assert.deepEqual([await hasShownTasks(), await hasShownForm()], [true, false])

  await page.getByRole('button', { name: 'Sign out' }).click()
  await shows(page, 'I have an account')
  await hides(page, 'Buy milk')
  assert.equal(await hasShownForm(), true)

  // Another user has other tasks.
  await submit(page, { Name: 'Grace', Email: 'grace@example.com', Password: 'correct horse battery' }, 'Sign up')
  await shows(page, 'Nothing to do yet.')
}

export default check
