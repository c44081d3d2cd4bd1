import type { Browser } from 'playwright-core'
import type { Plugin } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convue } from '../../src/vite/index.ts'
import config from '../../vite.config.ts'
import { launchBrowser } from '../support/browser/browser.ts'
import { useViteApps } from '../vite/vite-app.ts'

// The browser finds this machine by this name, as the browser of another machine would.
const HOST = 'device.test'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser([`--host-resolver-rules=MAP ${HOST} 127.0.0.1`])
})
afterAll(() => browser?.close())

describe('convue() of convue/vite with server.host', () => {
  const createApp = useViteApps()

  it('signs a user up and updates queries on a page of another machine', async () => {
    const app = createApp()
    app.write('index.html', '<link rel="icon" href="data:,"><div id="app"></div><script type="module" src="/main.ts"></script>')
    app.write('main.ts', `import { convexClient } from '@convex-dev/better-auth/client/plugins'
      import { createAuthClient } from 'better-auth/vue'
      import { createConvex, useAuthedQuery, useConvexMutation } from 'convue'
      import { anyApi } from 'convex/server'
      import { createApp, h } from 'vue'
      const authClient = createAuthClient({ plugins: [convexClient()] })
      const signUp = () => authClient.signUp.email({ name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' })
      const App = { setup() {
        const { data } = useAuthedQuery(anyApi.users.whoami, {})
        return () => [h('button', { onClick: signUp }, 'Sign up'), h('p', data.value ? 'Signed in' : 'Anonymous')]
      } }
      createApp(App).use(createConvex({ url: import.meta.env.VITE_CONVEX_URL, authClient })).mount('#app')\n`)
    const server = { host: '0.0.0.0', allowedHosts: [HOST] }
    const { url } = await app.start({}, { plugins: [convue({ data: false }) as Plugin], resolve: config.resolve!, server })
    const page = await browser.newPage()
    const hosts = new Set<string>()
    page.on('request', request => hosts.add(new URL(request.url()).host))
    page.on('websocket', socket => hosts.add(new URL(socket.url()).host))
    const { port } = new URL(url)
    await page.goto(`http://${HOST}:${port}`)
    await page.getByText('Anonymous').waitFor()
    await page.getByRole('button', { name: 'Sign up' }).click()
    await page.getByText('Signed in').waitFor()
    expect([...hosts]).toEqual([`${HOST}:${port}`])
  })
})
