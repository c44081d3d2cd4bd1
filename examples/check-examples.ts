// Runs the examples as a new user would: each is copied to an empty folder, installed with the
// packed package, started with `npm run dev`, used in a browser by its `check.ts`, and built.
// `npm run check:examples` checks all of them, `npm run check:examples -- vue-spa` only this one.
import type { Browser } from 'playwright-core'
import type { Check } from './harness/check.ts'
import { existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { launchBrowser } from '../test/support/browser/browser.ts'
import { installExample, packConvue, requireCurrentTypes } from './harness/install.ts'
import { openPages } from './harness/pages.ts'
import { runScript, startApp } from './harness/scripts.ts'

const EXAMPLES = import.meta.dirname

const known = globSync('*/package.json', { cwd: EXAMPLES }).map(file => dirname(file)).sort()

async function checkExamples(names: string[]): Promise<void> {
  const unknown = names.filter(name => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`There is no example "${unknown.join('", "')}". The examples are: ${known.join(', ')}.`)
  if (!existsSync(join(EXAMPLES, '../dist')))
    throw new Error('The folder dist does not exist. Run `npm run build` first.')

  const scratch = mkdtempSync(join(tmpdir(), 'convue-examples-'))
  const browser = await launchBrowser()
  try {
    const packed = await packConvue(scratch)
    for (const name of names)
      await report(name, () => checkExample(name, scratch, packed, browser))
  }
  finally {
    await browser.close()
    rmSync(scratch, { recursive: true, force: true, maxRetries: 10 })
  }
}

async function checkExample(name: string, scratch: string, packed: string, browser: Browser): Promise<void> {
  const source = join(EXAMPLES, name)
  const { default: check } = await import(pathToFileURL(join(source, 'check.ts')).href) as { default: Check }
  const folder = await installExample(source, join(scratch, name), packed)
  const app = await startApp(folder)
  const pages = openPages(browser, app.url)
  try {
    const page = await pages.open()
    await page.goto(app.url)
    const { printed, output } = app
    await check({ page, url: app.url, folder, open: pages.open, allow: pages.allow, output, printed })
    await pages.verify()
  }
  catch (cause) {
    throw new Error([await pages.describe(), app.output()].join('\n'), { cause })
  }
  finally {
    await pages.close()
    await app.stop()
  }
  // The deployment has written the types again.
  requireCurrentTypes(source, folder)
  await runScript(folder, 'build')
}

/** Prints one line for each example that works. A failure does not end the other checks. */
async function report(name: string, run: () => Promise<void>): Promise<void> {
  const start = performance.now()
  try {
    await run()
    console.log(`${name} works (${Math.round((performance.now() - start) / 1000)} s).`)
  }
  catch (error) {
    console.error(`${name} does not work:`, error)
    process.exitCode = 1
  }
}

const named = process.argv.slice(2)
await checkExamples(named.length > 0 ? named : known)
