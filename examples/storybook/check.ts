/** Each story shows its state, and the tests pass in a browser. */
import type { Check } from '../harness/check.ts'
import assert from 'node:assert/strict'
import { run } from '../../test/package/peers/run.ts'
import { findBrowser } from '../../test/support/browser/find-browser.ts'
import { shows } from '../harness/check.ts'

/** What each story shows once its `play` function has ended. */
const STORIES = {
  loading: 'One moment…',
  empty: 'Nothing to do yet.',
  failed: 'The list cannot be loaded.',
  offline: 'You are offline. The list may be out of date.',
  adding: 'Water the ferns',
}

const check: Check = async ({ page, url, folder, allow }) => {
  // Storybook's own page. Its parts wait a second for each other, which is short on a busy machine.
  allow(/favicon\.ico|sb-manager|SB_MANAGER_UNIVERSAL-STORE_0001/)
  const index = await (await fetch(`${url}/index.json`)).json() as { entries: Record<string, unknown> }
  assert.deepEqual(Object.keys(index.entries), Object.keys(STORIES).map(name => `tasklist--${name}`))
  // The way of a user: the page of Storybook, with the story in a frame.
  await page.goto(`${url}/?path=/story/tasklist--empty`)
  await page.frameLocator('#storybook-preview-iframe').getByText('Nothing to do yet.').waitFor()

  // The last page is a story, since Storybook's own page is not accessible.
  for (const [name, text] of Object.entries(STORIES)) {
    await page.goto(`${url}/iframe.html?id=tasklist--${name}&viewMode=story`)
    await shows(page, text)
    await page.locator('body.sb-show-main').waitFor()
  }

  const { stdout } = await run('npm', ['test'], folder, { CHROME_PATH: await findBrowser() })
  assert.match(stdout, /2 passed/)
}

export default check
