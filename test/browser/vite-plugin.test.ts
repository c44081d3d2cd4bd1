import type { Browser } from 'playwright-core'
import type { Plugin } from 'vite'
import vue from '@vitejs/plugin-vue'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convue } from '../../src/vite/index.ts'
import config from '../../vite.config.ts'
import { launchBrowser } from '../support/browser/browser.ts'
import { eventually } from '../support/environment/eventually.ts'
import { useViteApps } from '../vite/vite-app.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

const FUNCTION = (text: string): string => `import { query } from './_generated/server'\nexport const greet = query({ handler: () => ${text} })\n`

function COMPONENT(label: string): string {
  return `<script setup lang="ts">
import { useConvexQuery } from 'convue'
import { anyApi } from 'convex/server'
const { data } = useConvexQuery(anyApi.greetings.greet, {})
</script>
<template><p>${label}: {{ data }}</p></template>\n`
}

describe('convue() of convue/vite', () => {
  const createApp = useViteApps()

  async function startPage() {
    const app = createApp({ functions: false })
    app.write('convex/greetings.ts', FUNCTION('\'Hello\''))
    app.write('App.vue', COMPONENT('First'))
    app.write('index.html', '<link rel="icon" href="data:,"><div id="app"></div><script type="module" src="/main.ts"></script>')
    app.write('main.ts', `import { createConvex } from 'convue'
      import { createApp } from 'vue'
      import App from './App.vue'
      const log = window.log = { sockets: 0, open: 0, loads: 0 }
      log.loads++
      createApp(App).use(createConvex({ url: import.meta.env.VITE_CONVEX_URL, clientOptions: { webSocketConstructor: class extends WebSocket {
        constructor(...args) {
          super(...args)
          log.sockets++
          log.open++
          this.addEventListener('close', () => log.open--)
        }
      } } })).mount('#app')\n`)
    const { url } = await app.start({ data: false }, { plugins: [vue(), convue({ data: false }) as Plugin], resolve: config.resolve! })
    const page = await browser.newPage()
    const navigations: string[] = []
    page.on('framenavigated', frame => navigations.push(frame.url()))
    await page.goto(url)
    return { app, page, navigations }
  }

  it('keeps one socket and one subscription while a component is edited 20 times', async () => {
    const { app, page, navigations } = await startPage()
    await page.getByText('First: Hello').waitFor()
    const loaded = navigations.length
    for (let edit = 1; edit <= 20; edit++) {
      // The watcher of Vite can miss a change that follows another one within a few milliseconds.
      await expect.poll(() => {
        app.write('App.vue', COMPONENT(`Edit ${edit}`))
        return page.getByText(`Edit ${edit}: Hello`).waitFor({ timeout: 2000 }).then(() => true, () => false)
      }, { timeout: 60_000 }).toBe(true)
    }
    expect(await page.evaluate('log')).toEqual({ sockets: 1, open: 1, loads: 1 })
    expect(navigations).toHaveLength(loaded)
    // All components of the edits are unmounted, so one subscription is left.
    app.write('convex/greetings.ts', FUNCTION('\'Good morning\''))
    await page.getByText('Edit 20: Good morning').waitFor()
  })

  it('shows an error of a function in the page, and removes it without a reload', async () => {
    const { app, page, navigations } = await startPage()
    await page.getByText('First: Hello').waitFor()
    const loaded = navigations.length
    app.write('convex/greetings.ts', FUNCTION('((('))
    const overlay = page.locator('vite-error-overlay')
    await overlay.getByText('greetings.ts:2').first().waitFor()
    // A page that opens now shows the error, too.
    const second = await browser.newPage()
    await second.goto(page.url())
    await second.locator('vite-error-overlay').getByText('greetings.ts:2').first().waitFor()

    app.write('convex/greetings.ts', FUNCTION('\'Good evening\''))
    await page.getByText('First: Good evening').waitFor()
    await eventually(() => overlay.count()).toBe(0)
    await eventually(() => second.locator('vite-error-overlay').count()).toBe(0)
    expect(navigations).toHaveLength(loaded)
  })
})
