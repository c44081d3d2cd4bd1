/** Runs the playground for a recording or a picture, and signs its demo user in. */
import type { BrowserContext } from 'playwright-core'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'

const ROOT = join(import.meta.dirname, '../..')

/** How long a page may take: a development server builds each page at its first visit. */
export const PATIENCE_MS = 240_000

const COMMANDS = {
  vite: ['node_modules/vite/bin/vite.js', 'playground', '--configLoader', 'native'],
  nuxt: ['node_modules/nuxt/bin/nuxt.mjs', 'dev', 'playground/nuxt', '--no-fork'],
}

/** Starts the playground, runs the function with its address, and stops it. */
export async function runPlayground(tool: keyof typeof COMMANDS, port: number, run: (url: string) => Promise<void>): Promise<void> {
  const url = `http://localhost:${port}`
  const env = { ...process.env, PORT: String(port), PLAYGROUND_DEVTOOLS: 'unlocked' }
  const server = spawn(process.execPath, COMMANDS[tool], { cwd: ROOT, env, stdio: 'inherit' })
  try {
    while (!await fetch(url).then(({ ok }) => ok, () => false))
      await delay(500)
    await run(url)
  }
  finally {
    server.kill('SIGTERM')
  }
}

export async function signInAsDemoUser(profile: BrowserContext, url: string): Promise<void> {
  const page = await profile.newPage()
  await page.goto(url)
  await page.getByRole('button', { name: 'Continue as demo user' }).first().click()
  await page.getByText('Good to see you').waitFor()
  await page.close()
}
