// Checks `convue init` as a new user would use it: an empty app, the packed package, `npx convue init`,
// `npm run dev`, and a browser in which a user signs up and sees a task live in a second window.
// `npm run check:init` checks all apps, `npm run check:init -- vite` only this one.
import type { Browser, Page } from 'playwright-core'
import type { StartedApp } from './init/start-apps.ts'
import assert from 'node:assert/strict'
import { existsSync, globSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { shows, submit } from '../../examples/harness/check.ts'
import { packConvue } from '../../examples/harness/install.ts'
import { openPages } from '../../examples/harness/pages.ts'
import { runScript, startApp } from '../../examples/harness/scripts.ts'
import { ROOT, run } from '../package/peers/run.ts'
import { launchBrowser } from '../support/browser/browser.ts'
import { APPS } from './init/start-apps.ts'

async function checkApps(names: string[]): Promise<void> {
  const unknown = names.filter(name => !(name in APPS))
  if (unknown.length > 0)
    throw new Error(`There is no app "${unknown.join('", "')}". The apps are: ${Object.keys(APPS).join(', ')}.`)
  if (!existsSync(join(ROOT, 'dist')))
    throw new Error('The folder dist does not exist. Run `npm run build` first.')

  const scratch = mkdtempSync(join(tmpdir(), 'convue-init-'))
  const browser = await launchBrowser()
  try {
    const packed = join(scratch, 'convue.tgz')
    renameSync(await packConvue(scratch), packed)
    for (const name of names)
      await report(name, () => checkApp(name, scratch, packed, browser))
  }
  finally {
    await browser.close()
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** Returns how long it took from the empty folder to the live page, in seconds. */
async function checkApp(name: string, scratch: string, packed: string, browser: Browser): Promise<number> {
  const start = performance.now()
  const app = APPS[name]!
  const { args = [], hasConvue = false, readsPort } = app
  const folder = join(scratch, name)
  await app.create(folder)
  if (!hasConvue)
    await run('npm', ['install', packed, '--no-audit', '--no-fund', '--prefer-offline'], folder)
  const { stdout } = await run('npx', ['convue', 'init', '--yes', ...args], folder)
  assert.doesNotMatch(stdout, /left to you/)
  const running = await startApp(folder, readsPort)
  const pages = openPages(browser, running.url)
  let seconds: number
  try {
    const page = await pages.open()
    await useTasks(page, running.url, app)
    seconds = (performance.now() - start) / 1000
    // The other parts of the page belong to the app.
    await pages.verify('.tasks-page, .tasks-view')
  }
  catch (cause) {
    throw new Error([stdout, await pages.describe(), running.output()].join('\n'), { cause })
  }
  finally {
    await pages.close()
    await running.stop()
  }
  await requireIdempotence(folder, stdout)
  await runScript(folder, 'build')
  return seconds
}

/** Signs a new account up, and adds a task that a second window shows live. */
async function useTasks(page: Page, url: string, { path, signIn }: StartedApp): Promise<void> {
  await page.goto(url + path)
  if (signIn === 'link')
    await page.getByRole('link', { name: 'Sign in' }).click()
  await submit(page, { Name: 'Ada', Email: 'ada@example.com', Password: 'correct horse battery' }, 'Sign up')
  await shows(page, 'Tasks of Ada')
  await shows(page, 'Nothing to do yet.')
  const window = await page.context().newPage()
  await window.goto(url + path)
  await shows(window, 'Nothing to do yet.')
  await submit(page, { 'New task': 'Buy milk' }, 'Add')
  await shows(window, 'Buy milk')
}

/** A second run has nothing to do, and no secret has been printed. */
async function requireIdempotence(folder: string, printed: string): Promise<void> {
  const { stdout } = await run('npx', ['convue', 'init', '--yes'], folder)
  assert.match(stdout, /There is nothing to change/)
  assert.doesNotMatch(stdout, /left to you/)
  const secrets = globSync('{convex/,}.env', { cwd: folder })
    .flatMap(file => [...readFileSync(join(folder, file), 'utf8').matchAll(/_SECRET=(\S+)/g)])
    .map(([, secret]) => secret!)
  assert.ok(secrets.length > 0)
  assert.deepEqual(secrets.filter(secret => (printed + stdout).includes(secret)), [])
}

/** Prints one line for each app that works. A failure does not end the other checks. */
async function report(name: string, check: () => Promise<number>): Promise<void> {
  try {
    const seconds = await check()
    console.log(`${name} works: ${Math.round(seconds)} s from the empty folder to the live page.`)
  }
  catch (error) {
    console.error(`${name} does not work:`, error)
    process.exitCode = 1
  }
}

const named = process.argv.slice(2)
await checkApps(named.length > 0 ? named : Object.keys(APPS))
