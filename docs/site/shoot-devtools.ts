/**
 * `npm run docs:viewer`: takes the picture of the data viewer in `docs/public/devtools`. It runs the Nuxt playground, visits pages
 * anonymously and as the demo user, and needs Chromium and ffmpeg.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { launchBrowser } from '../../test/support/browser/browser.ts'

const ROOT = join(import.meta.dirname, '../..')
const TARGET = join(ROOT, 'docs/public/devtools/data-viewer.webp')
const PORT = '5198'
const URL = `http://localhost:${PORT}`
const PATIENCE_MS = 240_000

async function shoot(file: string): Promise<void> {
  const browser = await launchBrowser()
  const profile = await browser.newContext({ viewport: { width: 1280, height: 400 }, colorScheme: 'light', reducedMotion: 'reduce' })
  profile.setDefaultTimeout(PATIENCE_MS)
  profile.setDefaultNavigationTimeout(PATIENCE_MS)
  const page = await profile.newPage()
  await page.goto(`${URL}/feed`)
  await page.goto(`${URL}/`)
  await page.waitForFunction(() => (globalThis as any).useNuxtApp?.()?.isHydrating === false)
  await page.getByRole('button', { name: 'Continue as demo user' }).first().click()
  await page.getByText('Good to see you').or(page.getByRole('button', { name: 'Sign out' })).first().waitFor()
  await page.goto(`${URL}/tasks`)
  await page.goto(`${URL}/__convue#/requests`)
  await page.getByRole('row', { name: /GET \/tasks 200/ }).first().waitFor()
  const table = await page.getByRole('table').boundingBox()
  await page.screenshot({ path: file, clip: { x: 0, y: 0, width: 1280, height: Math.ceil(table!.y + table!.height + 20) } })
  await browser.close()
}

const folder = mkdtempSync(join(tmpdir(), 'convue-viewer-'))
const server = spawn(process.execPath, [join(ROOT, 'node_modules/nuxt/bin/nuxt.mjs'), 'dev', 'playground/nuxt', '--port', PORT, '--no-fork'], {
  cwd: ROOT,
  env: { ...process.env, PLAYGROUND_DEVTOOLS: 'false' },
  stdio: 'inherit',
})
try {
  while (!await fetch(URL).then(({ ok }) => ok, () => false))
    await delay(500)
  const file = join(folder, 'viewer.png')
  await shoot(file)
  execFileSync('ffmpeg', ['-y', '-loglevel', 'error', '-i', file, '-c:v', 'libwebp', '-q:v', '80', TARGET])
}
finally {
  server.kill('SIGTERM')
  rmSync(folder, { recursive: true })
}
